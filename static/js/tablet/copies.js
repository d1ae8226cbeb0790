// What lets people open this tablet without network: for each of them the tablet's key, wrapped by their PIN. Kept in
// `meta` beside their names, which the lock screen shows to whoever looks at it anyway.
//
// Six digits protect a copy only while it lies in this browser and is tried by this page: see docs/adr/0039.
import { answer, tx } from "./store.js";

const NAME = "vault";
const ROUNDS = 600_000;
export const WRONG_TRIES = 5;
const VALID_MS = 24 * 3_600_000;

// {tablet, people, copies: {id: {name, role, salt, iv, key, wrong, pin_set_at}}, spent, seen, wiped, lock_due, last}
const blank = (tablet) => ({
  tablet,
  people: [],
  copies: {},
  spent: 0,
  seen: Date.now(),
  wiped: null,
  lock_due: false,
  last: null,
});

export const tabletCode = () => document.body.dataset.tablet ?? "";

// Reads and changes the record in one transaction, so that two tabs cannot give one try to two PINs.
export function update(change = () => null) {
  return tx(["meta"], "readwrite", async (store) => {
    const record = aged(await answer(store("meta").get(NAME)));
    const result = change(record);
    await answer(store("meta").put(record, NAME));
    return result ?? record;
  });
}

// Time counts forward only: setting the clock back brings no copy back to life, and a clock that was wrong and is
// put right locks nobody out.
function aged(found) {
  const code = tabletCode();
  // Copies of another tablet (this browser was enrolled anew) open nothing here.
  const record = found && (!code || !found.tablet || found.tablet === code) ? found : blank(code);
  record.tablet ||= code;
  const now = Date.now();
  record.spent += Math.max(0, now - record.seen);
  record.seen = now;
  if (record.spent >= VALID_MS) record.copies = {};
  return record;
}

// The server was heard: the day begins anew, and whoever it does not know any more loses the copy.
export function heard(people) {
  return update((record) => {
    record.spent = 0;
    record.wiped = null;
    record.people = people;
    const good = new Map(people.filter(({ locked }) => !locked).map((one) => [one.id, one.pin_set_at]));
    for (const [id, copy] of Object.entries(record.copies)) {
      if (good.get(id) !== copy.pin_set_at) delete record.copies[id];
    }
  });
}

export async function keep(user, pinSetAt, pin, raw) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const wrapping = await wrappingKey(pin, salt, ["encrypt"]);
  const key = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(user.id) }, wrapping, raw);
  await update((record) => {
    record.copies[user.id] = { name: user.name, role: user.role, salt, iv, key, wrong: 0, pin_set_at: pinSetAt };
    record.last = user.id;
    record.spent = 0;
    record.wiped = null;
    record.lock_due = false;
  });
}

// Opens somebody's copy: {key, user}, {left} after a wrong PIN, or {missing: "revoked" | "expired" | "copy"}.
// The try is counted before it is made: closing the page does not give it back.
export async function open(id, pin) {
  const found = await update((record) => {
    if (record.wiped) return { missing: record.wiped.reason };
    const copy = record.copies[id];
    if (!copy) return { missing: record.spent >= VALID_MS ? "expired" : "copy" };
    copy.wrong += 1;
    const taken = { ...copy };
    if (copy.wrong >= WRONG_TRIES) delete record.copies[id];
    return { copy: taken };
  });
  if (found.missing) return found;
  const { copy } = found;
  const key = await unwrapped(copy, id, pin);
  if (!key) return { left: WRONG_TRIES - copy.wrong };
  await update((record) => {
    if (record.wiped) return;
    record.copies[id] = { ...copy, wrong: 0 };
    record.last = id;
  });
  return { key, user: { id, name: copy.name, role: copy.role } };
}

async function unwrapped({ salt, iv, key }, id, pin) {
  const wrapping = await wrappingKey(pin, salt, ["unwrapKey"]);
  const cipher = { name: "AES-GCM", iv, additionalData: bound(id) };
  try {
    return await crypto.subtle.unwrapKey("raw", key, wrapping, cipher, "AES-GCM", false, ["encrypt", "decrypt"]);
  } catch {
    return null; // The tag does not fit: a wrong PIN.
  }
}

async function wrappingKey(pin, salt, uses) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const stretched = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return crypto.subtle.deriveKey(stretched, typed, { name: "AES-GCM", length: 256 }, false, uses);
}

// A copy opens for its person on its tablet alone.
const bound = (id) => new TextEncoder().encode(`${tabletCode()}|${id}`);

export const drop = (id) => update((record) => void delete record.copies[id]);

// Nobody opens this tablet any more without the server. What waits to be sent stays, unreadable: an operator can
// re-instate the tablet. The station's data is stale by then and goes. Resolves to whether there was anything to do.
export function destroy(reason) {
  return tx(["meta", "snapshot"], "readwrite", async (store) => {
    const record = aged(await answer(store("meta").get(NAME)));
    const isNew = record.wiped === null || Object.keys(record.copies).length > 0;
    await answer(
      store("meta").put({ ...record, copies: {}, people: [], wiped: { reason, at: new Date().toISOString() } }, NAME),
    );
    await answer(store("snapshot").clear());
    return isNew;
  });
}
