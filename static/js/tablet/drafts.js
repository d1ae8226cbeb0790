// Handovers under way, kept on the tablet at every change: encrypted, and there again after the browser was killed.
//
//   open("pickup:VG-7K2M4Q")         -> {key, kind, values, updated_at, person} or null
//   save(key, values)                 the words and figures; calls follow each other, the last one counts
//   putFile(key, role, blob)          a picture by its role: photo:front, mark:<key>, signature:renter
//   files(key)                        -> {role: Blob};  removeFile(key, role)
//   discard(key)                      all of it goes
//   list()                            -> [{key, kind, values, updated_at, person}], newest first
//   onChange(fn)                      told of {key, state}: saving, saved, failed
//
// `key` is `<kind>:<subject>`. A write that fails for want of room throws StorageFull (store.js); nothing is half there.
import { answer, tx } from "./store.js";
import * as vault from "./vault.js";

const listeners = new Set();
const lines = new Map(); // One write after the other for each draft, so that an older one never comes last.

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(key, state) {
  for (const listener of listeners) listener({ key, state });
}

const kindOf = (key) => key.split(":", 1)[0];

export async function open(key) {
  const row = await tx(["drafts"], "readonly", (store) => answer(store("drafts").get(key)));
  return row ? read(row) : null;
}

async function read({ key, kind, updated_at: updatedAt, box }) {
  const { values, person } = JSON.parse(new TextDecoder().decode(await vault.decrypt(box)));
  return { key, kind, values, person, updated_at: updatedAt };
}

export function save(key, values) {
  const text = JSON.stringify({ values, person: vault.person()?.id ?? null });
  return inLine(key, async () => {
    const box = await vault.encrypt(new TextEncoder().encode(text));
    const row = { key, kind: kindOf(key), updated_at: new Date().toISOString(), box };
    await tx(["drafts"], "readwrite", (store) => answer(store("drafts").put(row)));
  });
}

export function putFile(key, role, blob) {
  return inLine(key, async () => {
    const box = await vault.encrypt(new Uint8Array(await blob.arrayBuffer()));
    const row = { draft: key, role, size: blob.size, mime: blob.type, box };
    await tx(["draft_files"], "readwrite", (store) => answer(store("draft_files").put(row)));
  });
}

export function removeFile(key, role) {
  return inLine(key, () =>
    tx(["draft_files"], "readwrite", (store) => answer(store("draft_files").delete([key, role]))),
  );
}

export async function files(key) {
  const rows = await tx(["draft_files"], "readonly", (store) =>
    answer(store("draft_files").index("draft").getAll(key)),
  );
  const found = {};
  for (const { role, mime, box } of rows) found[role] = new Blob([await vault.decrypt(box)], { type: mime });
  return found;
}

export function discard(key) {
  return inLine(key, () =>
    tx(["drafts", "draft_files"], "readwrite", async (store) => {
      await answer(store("drafts").delete(key));
      const keys = await answer(store("draft_files").index("draft").getAllKeys(key));
      for (const each of keys) await answer(store("draft_files").delete(each));
    }),
  );
}

export async function list() {
  const rows = await tx(["drafts"], "readonly", (store) => answer(store("drafts").getAll()));
  const drafts = [];
  for (const row of rows) {
    try {
      drafts.push(await read(row));
    } catch {
      // Of a key that is gone: nobody can go on with it, and nobody is shown what cannot be opened.
    }
  }
  return drafts.sort((one, other) => (one.updated_at < other.updated_at ? 1 : -1));
}

// Resolves when everything that was begun on a draft is on the disk.
export const settled = (key) => lines.get(key)?.catch(() => null) ?? Promise.resolve();

function inLine(key, work) {
  const before = lines.get(key) ?? Promise.resolve();
  tell(key, "saving");
  const mine = before.catch(() => null).then(work);
  lines.set(key, mine);
  mine.then(
    () => tell(key, "saved"),
    () => tell(key, "failed"),
  );
  return mine;
}
