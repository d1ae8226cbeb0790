// What was done at this tablet and has to reach the server. A command is stored whole or not at all, never changes
// after, and stays until the server has said that it has all of it, and for a week more.
//
// What became of it is its `state`:
//   queued     the server has not said that it knows of it
//   files      the server has the command; some of its files are still here only
//   delivered  everything is there; the server waits for what came before it
//   applied, conflict, rejected, resolved   what the server has decided
import { offset } from "./clock.js";
import { sha256 } from "./hash.js";
import { answer, HANDOVER_BYTES, hasRoomFor, meta, tx } from "./store.js";
import { uuid7 } from "./uuid.js";
import * as vault from "./vault.js";

// The shape of `payload`. A command keeps the one that it was made with, and is sent with it.
export const SCHEMA = 1;

export const DECIDED = new Set(["applied", "conflict", "rejected", "resolved"]);
const ON_ITS_WAY = ["queued", "files", "delivered"];
// What a person of the centre still has to decide: asked about again now and then.
const WITH_A_PERSON = ["conflict", "rejected"];

export const TRIES_UNTIL_ATTENTION = 5;
export const AGE_UNTIL_ATTENTION_MS = 12 * 3_600_000;
const ASK_AGAIN_MS = 10 * 60_000;
const KEEP_MS = 7 * 86_400_000;
// When the disk is nearly full, pictures that the server has had for a day may go.
const KEEP_AT_LEAST_MS = 86_400_000;

// Another tab has finished this draft, or it was finished a moment ago.
export class DraftGone extends Error {
  constructor(draft) {
    super(`draft ${draft} is gone`);
    this.name = "DraftGone";
  }
}

// --- Writing down --------------------------------------------------------------------------------------

// Stores a command, its files and its number in one transaction and returns its id.
//
//   kind, subject, ticket, payload   as the server wants them; a walk-in's subject is made here, of the id
//   files    [{role, blob}]
//   title    what the queue calls it, for people; stays on the tablet
//   draft    key of the draft that it was made of: deleted in the same transaction, so that nobody finishes it twice
//
// Throws StorageFull (nothing is stored), DraftGone, or what the vault throws when the tablet is locked.
export async function enqueue({ kind, subject, ticket = null, payload, files = [], title = "", draft = null }) {
  const id = uuid7();
  const deviceAt = new Date().toISOString();
  const offsetMs = await offset();
  const carried = await Promise.all(files.map(pack));
  // Everything that takes its time comes before the transaction, which would end while it waits.
  const box = await vault.encrypt(encode({ ticket, actor: vault.person()?.id ?? null, payload, title }));
  const command = {
    id,
    schema: SCHEMA,
    kind,
    subject: kind === "walk_in" ? `walk-in:${id}` : subject,
    device_at: deviceAt,
    offset_ms: offsetMs,
    files: carried.map(({ role, sha256, size, mime }) => ({ role, sha256, size, mime, stored: false })),
    box,
    state: "queued",
    tries: 0,
    tried_at: null,
    trouble: null,
    answer: null,
    settled_at: null,
  };
  const stores = ["meta", "commands", "files", ...(draft === null ? [] : ["drafts", "draft_files"])];
  await tx(stores, "readwrite", async (store) => {
    if (draft !== null) await consume(draft, store);
    command.seq = await nextNumber(store("meta"));
    for (const { sha256: name, size, mime, box: sealed } of carried) {
      await answer(store("files").put({ sha256: name, size, mime, box: sealed }));
    }
    await answer(store("commands").add(command));
  });
  tell("enqueued");
  return id;
}

async function pack({ role, blob }) {
  // Bytes, not Blobs: some browsers lose a Blob that lies in a database.
  const bytes = await blob.arrayBuffer();
  const box = await vault.encrypt(new Uint8Array(bytes));
  return { role, sha256: await sha256(bytes), size: bytes.byteLength, mime: blob.type, box };
}

async function consume(draft, store) {
  if ((await answer(store("drafts").getKey(draft))) === undefined) throw new DraftGone(draft);
  await answer(store("drafts").delete(draft));
  for (const key of await answer(store("draft_files").index("draft").getAllKeys(draft))) {
    await answer(store("draft_files").delete(key));
  }
}

// Numbers rise for as long as the tablet is enrolled. Should the browser lose its storage but not the tablet's
// cookie, counting goes on from the seconds of the clock, above everything that was used before.
async function nextNumber(store) {
  const last = (await answer(store.get("seq"))) ?? Math.floor(Date.now() / 1000);
  await answer(store.put(last + 1, "seq"));
  return last + 1;
}

// --- Looking -------------------------------------------------------------------------------------------

// Every command that is kept here, oldest first, with what people want to know of it. `title` and `words` (the
// server's) are null while the tablet is locked.
export async function list() {
  const records = await all();
  return Promise.all(records.map(described));
}

async function described({ box, words, ...record }) {
  const [inside, said] = await Promise.all([opened(box), opened(words)]);
  return {
    ...record,
    size: record.files.reduce((sum, file) => sum + file.size, 0),
    sent: record.files.reduce((sum, file) => sum + (file.stored ? file.size : 0), 0),
    title: inside?.title ?? null,
    words: said,
    needsAttention: needsAttention(record),
  };
}

async function opened(box) {
  try {
    return box ? await decoded(box) : null;
  } catch {
    return null;
  }
}

export function needsAttention({ state, tries, trouble, answer: last, device_at: madeAt }, now = Date.now()) {
  // A conflict is one while its pictures are still on their way.
  if (WITH_A_PERSON.includes(state) || (state === "files" && WITH_A_PERSON.includes(last?.state))) return true;
  if (DECIDED.has(state)) return false;
  if (trouble && trouble.startsWith("file_")) return true;
  return tries >= TRIES_UNTIL_ATTENTION || now - Date.parse(madeAt) > AGE_UNTIL_ATTENTION_MS;
}

// {waiting, attention, unsent}: what the server has not decided, what a person should look at, and what is not
// wholly there.
export async function counts() {
  const records = await all();
  return {
    waiting: records.filter(({ state }) => !DECIDED.has(state)).length,
    unsent: records.filter(({ state }) => state === "queued" || state === "files").length,
    attention: records.filter((record) => needsAttention(record)).length,
  };
}

// What is to be sent or asked about, in order; `all` asks about everything that is with a person, too.
export async function pending({ everything = false } = {}, now = Date.now()) {
  const records = await all();
  return records.filter(({ state, answer: last }) => {
    if (ON_ITS_WAY.includes(state)) return true;
    return WITH_A_PERSON.includes(state) && (everything || now - Date.parse(last?.at ?? 0) > ASK_AGAIN_MS);
  });
}

export function all() {
  return tx(["commands"], "readonly", (store) => answer(store("commands").index("seq").getAll()));
}

// --- Sending -------------------------------------------------------------------------------------------

// The command as it goes over the wire: the same bytes however often.
export async function wire({ id, seq, schema, kind, subject, device_at, offset_ms, files, box }) {
  const { ticket, actor, payload } = await decoded(box);
  const carried = files.map(({ role, sha256: name, size, mime }) => ({ role, sha256: name, size, mime }));
  return { id, seq, schema, kind, subject, ticket, actor, device_at, offset_ms, payload, files: carried };
}

// The bytes of a file; null if they are not here, or no longer what they were.
export async function bytesOf(name) {
  const record = await tx(["files"], "readonly", (store) => answer(store("files").get(name)));
  if (!record) return null;
  const bytes = new Uint8Array(await vault.decrypt(record.box));
  return (await sha256(bytes)) === name ? bytes : null;
}

// Takes the server's word on a command. Settled is only what it has decided and misses no file of.
export async function answered(result) {
  const missing = new Set((result.missing ?? []).map(({ sha256: name }) => name));
  const words = result.words ? await vault.encrypt(encode(result.words)) : null;
  const at = new Date().toISOString();
  await change(result.id, (record) => {
    for (const file of record.files) file.stored = !missing.has(file.sha256);
    record.answer = { state: result.state, code: result.code ?? "", flags: result.flags ?? [], at };
    record.words = words;
    record.trouble = null;
    if (missing.size) record.state = "files";
    else if (result.state === "waiting") record.state = "delivered";
    else record.state = result.state;
    record.settled_at = DECIDED.has(record.state) ? (record.settled_at ?? at) : null;
  });
}

// The server has all bytes of a file.
export async function stored(name) {
  await tx(["commands"], "readwrite", async (store) => {
    for (const record of await answer(store("commands").index("state").getAll("files"))) {
      const carried = record.files.filter((file) => file.sha256 === name);
      if (!carried.length) continue;
      for (const file of carried) file.stored = true;
      await answer(store("commands").put(record));
    }
  });
  tell("changed");
}

// A try that came to nothing although the server could be reached: counted, never the last one.
export function tried(id, trouble) {
  return change(id, (record) => {
    record.tries += 1;
    record.tried_at = new Date().toISOString();
    record.trouble = trouble;
  });
}

async function change(id, edit) {
  await tx(["commands"], "readwrite", async (store) => {
    const record = await answer(store("commands").get(id));
    if (!record) return;
    edit(record);
    await answer(store("commands").put(record));
  });
  tell("changed");
}

// Notes which life of its database the server lives. After a restore it has forgotten what it had acknowledged:
// then everything that is still here goes again; what it knows all the same it answers as before.
export async function enterEpoch(epoch) {
  const isNew = await tx(["meta", "commands"], "readwrite", async (store) => {
    const before = await answer(store("meta").get("epoch"));
    if (before === epoch) return false;
    await answer(store("meta").put(epoch, "epoch"));
    if (before === undefined) return false;
    for (const record of await answer(store("commands").getAll())) {
      const files = record.files.map((file) => ({ ...file, stored: false }));
      await answer(store("commands").put({ ...record, files, state: "queued", trouble: null, settled_at: null }));
    }
    return true;
  });
  if (isNew) tell("changed");
}

// --- Keeping and clearing ------------------------------------------------------------------------------

// Lets go of what has been done for a week.
export async function prune(now = Date.now()) {
  await tx(["commands", "files"], "readwrite", async (store) => {
    const records = await answer(store("commands").getAll());
    const isOver = (record) => isDone(record) && now - Date.parse(record.settled_at) > KEEP_MS;
    const gone = records.filter(isOver);
    for (const { id } of gone) await answer(store("commands").delete(id));
    await dropFiles(gone, records.filter((record) => !isOver(record)), store("files"));
  });
}

// Frees room: the pictures of what was done more than a day ago, which the server has. Returns how many bytes.
export async function makeRoom(now = Date.now()) {
  return tx(["commands", "files"], "readwrite", async (store) => {
    const records = await answer(store("commands").getAll());
    const isOver = (record) => isDone(record) && now - Date.parse(record.settled_at) > KEEP_AT_LEAST_MS;
    return dropFiles(records.filter(isOver), records.filter((record) => !isOver(record)), store("files"));
  });
}

// Whether there is room for one more handover, after everything that may go has gone.
export async function hasRoom(bytes = HANDOVER_BYTES) {
  if (await hasRoomFor(bytes)) return true;
  return (await makeRoom()) > 0 && hasRoomFor(bytes);
}

const isDone = ({ state }) => state === "applied" || state === "resolved";

async function dropFiles(from, others, store) {
  const needed = new Set(others.flatMap(({ files }) => files.map((file) => file.sha256)));
  const free = new Map(from.flatMap(({ files }) => files.map((file) => [file.sha256, file.size])));
  let bytes = 0;
  for (const [name, size] of free) {
    if (needed.has(name)) continue;
    await answer(store.delete(name));
    bytes += size;
  }
  return bytes;
}

// --- Telling -------------------------------------------------------------------------------------------

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("voltgo-tablet-outbox");
const listeners = new Set();

// Calls back after every change, in whichever tab it was made: "enqueued" or "changed".
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(what) {
  channel?.postMessage(what);
  hear(what);
}

function hear(what) {
  for (const listener of listeners) listener(what);
}

if (channel) channel.onmessage = ({ data }) => hear(data);

// --- Sealing -------------------------------------------------------------------------------------------

const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const decoded = async (box) => JSON.parse(new TextDecoder().decode(await vault.decrypt(box)));

export const lastNumber = () => meta.get("seq");
