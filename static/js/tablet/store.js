// What the tablet keeps: one database of the browser. Everything in it besides ids, kinds, times, states and counts
// is encrypted by vault.js before it comes here.
//
//   meta         by name: the epoch, the last number of a command, the clock's error, when the server last answered
//   snapshot     by name: the last data of the station
//   drafts       {key, …}: handovers under way
//   draft_files  {draft, role, …}: their pictures, apart, so that a keystroke does not write photographs again
//   commands     {id, seq, state, …}: what was done; it never changes after, only what became of it does
//   files        {sha256, …}: what commands carry, by content
export const DATABASE = "voltgo-tablet";

// One entry for each version of the database, never changed once it is out: each only adds. So a command that was
// stored by an old version of the app is still there for the new one, and an old tab can read what a new one wrote.
export const UPGRADES = [
  (database) => {
    database.createObjectStore("meta");
    database.createObjectStore("snapshot");
    database.createObjectStore("drafts", { keyPath: "key" });
    database.createObjectStore("draft_files", { keyPath: ["draft", "role"] }).createIndex("draft", "draft");
    const commands = database.createObjectStore("commands", { keyPath: "id" });
    commands.createIndex("seq", "seq", { unique: true });
    commands.createIndex("state", "state");
    database.createObjectStore("files", { keyPath: "sha256" });
  },
];

// The browser has no room for what was to be written. Nothing of it was.
export class StorageFull extends Error {
  constructor(cause) {
    super("storage full", { cause });
    this.name = "StorageFull";
  }
}

let opened = null;

// The answer of one request of IndexedDB.
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Runs `work(store, transaction)` in one transaction; `store("commands")` is a store of it. Resolves when everything
// is on the disk. Whatever `work` throws undoes all of it: a transaction commits what it has unless it is told not to.
// Inside, wait for nothing but `answer(…)`: while something else is awaited, the transaction ends by itself.
//
// Throws StorageFull, or what `work` threw.
export async function tx(names, mode, work) {
  const transaction = await begin(names, mode);
  const ended = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });
  // It is awaited below; until then nobody shall call its failure unhandled.
  ended.catch(() => null);
  let result;
  try {
    result = await work((name) => transaction.objectStore(name), transaction);
  } catch (error) {
    abort(transaction);
    await ended.catch(() => null);
    throw named(error);
  }
  await ended.catch((error) => {
    throw named(error);
  });
  return result;
}

async function begin(names, mode) {
  // "strict": a command that the screen calls saved is on the disk, not in a buffer of the operating system.
  const open = async () => (await connect()).transaction(names, mode, { durability: "strict" });
  try {
    return await open();
  } catch (error) {
    if (error?.name !== "InvalidStateError") throw error;
    opened = null; // The browser closed the connection behind our back; some do after a sleep.
    return open();
  }
}

function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It had ended already.
  }
}

function named(error) {
  return error?.name === "QuotaExceededError" ? new StorageFull(error) : error;
}

function connect() {
  opened ??= openAt(UPGRADES.length).catch((error) => {
    opened = null;
    // A newer version of the app was here before: its database has all of ours and more.
    if (error?.name === "VersionError") return (opened = openAt(undefined));
    throw named(error);
  });
  return opened;
}

function openAt(version) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, version);
    request.onupgradeneeded = ({ oldVersion }) => {
      for (const upgrade of UPGRADES.slice(oldVersion)) upgrade(request.result, request.transaction);
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      // Another tab brings a new version: stand aside, and come back to whatever it made.
      database.onversionchange = () => {
        database.close();
        opened = null;
      };
      database.onclose = () => (opened = null);
      resolve(database);
    };
  });
}

// Small values by name.
export const meta = {
  get: (name) => tx(["meta"], "readonly", (store) => answer(store("meta").get(name))),
  set: (name, value) => tx(["meta"], "readwrite", (store) => answer(store("meta").put(value, name))),
  remove: (name) => tx(["meta"], "readwrite", (store) => answer(store("meta").delete(name))),
};

// --- Room ----------------------------------------------------------------------------------------------

// What one handover takes: eight photographs as drafts and once more as what is sent, and two signatures.
export const HANDOVER_BYTES = 6 * 1024 * 1024;

// Asks the browser not to clear what waits here when the disk fills up; resolves to whether it promised.
export async function persist() {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false; // Very old browsers know nothing of it.
  }
}

// {used, quota, free} in bytes, null where the browser does not tell.
export async function room() {
  try {
    const { usage, quota } = await navigator.storage.estimate();
    return { used: usage, quota, free: Math.max(0, quota - usage) };
  } catch {
    return { used: null, quota: null, free: null };
  }
}

// Whether so much more can be kept; what the browser does not tell is taken for yes, and a write that fails says so.
export async function hasRoomFor(bytes = HANDOVER_BYTES) {
  const { free } = await room();
  return free === null || free >= bytes;
}
