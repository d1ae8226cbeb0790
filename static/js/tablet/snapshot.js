// What the server said of the station's day: fetched, believed only with its signature, kept encrypted, and forgotten
// when it is too old to decide by.
//
//   load()       reads what is kept; resolves to the snapshot or null. Needs an unlocked tablet
//   refresh()    asks the server for a newer one; resolves to true if there was one
//   current()    the snapshot in memory, or null
//   isFresh()    whether new work may be decided by it
//   thumbnail()  a picture of the pickup, as a Blob or null
//
// Dispatches tablet:snapshot on the document when there is a new one.
import { now } from "./clock.js";
import { call, Refused } from "./net.js";
import { answer, tx } from "./store.js";
import * as vault from "./vault.js";

const NAME = "day";
const SHAPE = 1;
const KEYS = "snapshotKeys";
const PICTURE = "photo:";
const PREFETCHED = 6;
const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
let known = null; // {snapshot, tag}
let asking = null;

// The server's answer has no signature of a key that this page knows: nothing of it is kept.
export class NotSigned extends Error {
  constructor() {
    super("snapshot without a signature of our server");
    this.name = "NotSigned";
  }
}

export const current = () => known?.snapshot ?? null;

export async function isFresh() {
  return known !== null && (await now()) <= Date.parse(known.snapshot.valid_until);
}

export async function load() {
  if (known) return known.snapshot;
  const row = await tx(["snapshot"], "readonly", (store) => answer(store("snapshot").get(NAME)));
  if (!row) return null;
  const kept = JSON.parse(new TextDecoder().decode(await vault.decrypt(row.box)));
  if (kept.snapshot.v !== SHAPE) return null; // Of another version of the app: one contact brings a new one.
  known = kept;
  tell();
  return known.snapshot;
}

export function refresh() {
  asking ??= fetched().finally(() => (asking = null));
  return asking;
}

async function fetched() {
  if (!vault.isUnlocked()) return false;
  const headers = known ? { "If-None-Match": known.tag } : {};
  let sent;
  try {
    sent = await call("snapshot", { headers, looksRight: ({ body, signature }) => Boolean(body && signature) });
  } catch (error) {
    // Nothing new. net.js takes an answer without content for none; that is how 304 arrives.
    if (error.status === 304) return false;
    if (error instanceof Refused) document.dispatchEvent(new CustomEvent("tablet:snapshot-refused", { detail: error.code }));
    throw error;
  }
  await check(sent);
  const snapshot = JSON.parse(sent.body);
  if (snapshot.v !== SHAPE) throw new NotSigned();
  // An older answer that was held up on its way does not take back what is known.
  if (known && snapshot.issued_at < known.snapshot.issued_at) return false;
  const kept = { snapshot, tag: sent.tag ?? "" };
  const box = await vault.encrypt(encode(kept));
  await tx(["snapshot"], "readwrite", (store) => answer(store("snapshot").put({ box, issued_at: snapshot.issued_at }, NAME)));
  known = kept;
  await forgetPictures(snapshot);
  tell();
  prefetch().catch(() => null); // In its own time; a return does without.
  return true;
}

function tell() {
  document.dispatchEvent(new CustomEvent("tablet:snapshot"));
}

// --- The signature ---------------------------------------------------------------------------------------

async function check({ body, signature, key }) {
  const named = keys().get(key);
  if (!named) throw new NotSigned();
  const publicKey = await crypto.subtle.importKey("raw", named, { name: "Ed25519" }, false, ["verify"]);
  const isOurs = await crypto.subtle.verify("Ed25519", publicKey, bytesOf(signature), new TextEncoder().encode(body));
  if (!isOurs) throw new NotSigned();
}

// The page names them: `<id>:<base64url> …`.
function keys() {
  const written = (document.body.dataset[KEYS] ?? "").split(" ").filter(Boolean);
  return new Map(written.map((each) => each.split(":")).map(([id, key]) => [id, bytesOf(key)]));
}

function bytesOf(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

// --- Pictures of the pickup --------------------------------------------------------------------------------

// A picture taken when the vehicle went out: kept if it was seen once, else fetched if there is a network.
export async function thumbnail(id) {
  const name = `${PICTURE}${id}`;
  const row = await tx(["snapshot"], "readonly", (store) => answer(store("snapshot").get(name)));
  if (row) return new Blob([await vault.decrypt(row.box)], { type: row.mime });
  try {
    const response = await fetch(`/station/photos/${id}/`, { credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(15_000) });
    const mime = response.headers.get("content-type") ?? "";
    if (!response.ok || !mime.startsWith("image/")) return null;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const box = await vault.encrypt(bytes);
    await tx(["snapshot"], "readwrite", (store) => answer(store("snapshot").put({ box, mime }, name)));
    return new Blob([bytes], { type: mime });
  } catch {
    return null; // Without them the screen says so.
  }
}

async function forgetPictures(snapshot) {
  const needed = new Set(snapshot.rentals.flatMap(({ pickup }) => (pickup?.photos ?? []).map(({ id }) => `${PICTURE}${id}`)));
  await tx(["snapshot"], "readwrite", async (store) => {
    for (const name of await answer(store("snapshot").getAllKeys())) {
      if (name.startsWith(PICTURE) && !needed.has(name)) await answer(store("snapshot").delete(name));
    }
  });
}

// Brings the pickups' pictures of what is due next, so that a return without network has them beside its own.
async function prefetch() {
  const due = current()?.rentals.slice(0, PREFETCHED) ?? [];
  for (const { pickup } of due) {
    for (const { id } of pickup?.photos ?? []) if (!(await thumbnail(id))) return;
  }
}

for (const name of ["tablet:locked", "tablet:wiped"]) document.addEventListener(name, () => (known = null));
