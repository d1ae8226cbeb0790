// Who works at this tablet, and the key of everything that it keeps. The key comes from the server with a PIN, or from
// the copy that is wrapped by that PIN; it can be used here but read by nobody, this page included.
//
// `document` hears tablet:unlocked {person}, tablet:locked {reason}, tablet:wiped {reason}, and tablet:renewed {person}
// when whoever opened it without network is signed in.
import * as copies from "./copies.js";
import { call, NoAnswer, Refused } from "./net.js";

const IDLE_MS = 5 * 60_000;
const WATCH_MS = 10_000;
// How often the server hears that somebody works here, which keeps them signed in, and who may open this tablet.
const ACTIVE_EVERY_MS = 2 * 60_000;
const PEOPLE_EVERY_MS = 5 * 60_000;
// Nobody waits longer at a counter; then this tablet decides by itself.
const PATIENCE_MS = 4_000;
// After these the person has to prove who they are to the server; what is kept for them here is worth nothing.
const FATAL = new Set(["pin_locked", "person_unknown"]);

// `code`: pin_wrong (with `left`), pin_locked, person_unknown, expired, copy (none is kept here), revoked,
// tablet_unknown, too_many_tries, device. `words` if the server said it.
export class VaultClosed extends Error {
  constructor(code, { left = null, words = "" } = {}) {
    super(code);
    this.name = "VaultClosed";
    this.code = code;
    this.left = left;
    this.words = words;
  }
}

let key = null; // Stays after locking, so that what waits can be sent; a page that is loaded anew has none.
let who = null;
let held = null; // The PIN of the person at work, to sign them in when the network is back. Goes with the lock.
let activeAt = 0;
let activeSince = 0; // The same by a clock that nobody can set; it may stand still while the tablet sleeps.
let toldActiveAt = 0;
let peopleAt = 0;
let isBusy = false;
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("voltgo-tablet-vault");

export const isUnlocked = () => who !== null;
export const person = () => (who ? { ...who } : null);

// --- Opening --------------------------------------------------------------------------------------------

// Opens the tablet: by the server if it answers, else by what is kept here. Resolves to {by: "server" | "tablet"}.
//
// Throws VaultClosed.
export async function unlock(user, pin) {
  try {
    await unlockOnline(user, pin);
    return { by: "server" };
  } catch (error) {
    // A tablet that lost its cookie is a stranger to the server; its people still reach what it keeps.
    if (!(error instanceof NoAnswer) && error.code !== "tablet_unknown") throw error;
    await unlockOffline(user, pin);
    return { by: "tablet" };
  }
}

// Throws VaultClosed, or NoAnswer when the server was not reached.
export async function unlockOnline(user, pin) {
  const said = await signIn(user, pin);
  enter(said.user, pin);
}

// Throws VaultClosed.
export async function unlockOffline(user, pin) {
  const found = await copies.open(user, pin);
  if (found.missing) throw new VaultClosed(found.missing);
  if (!found.key) throw new VaultClosed(found.left > 0 ? "pin_wrong" : "pin_locked", { left: found.left });
  key = found.key;
  enter(found.user, pin);
}

// Goes on where the person is still signed in: after a reload, or back from a page of the server. Resolves to
// whether somebody is.
export async function resume() {
  if (isUnlocked()) return true;
  const record = await copies.update();
  if (record.lock_due) {
    await lockLate();
    return false;
  }
  try {
    const { csrf } = await askPeople();
    const said = await post("resume", csrf);
    (await take(said)).fill(0);
    enter(said.user, null);
    return true;
  } catch {
    return false; // Nobody is signed in, or nobody answers: the lock screen asks.
  }
}

async function signIn(user, pin, { isAgain = false } = {}) {
  const { csrf } = await askPeople();
  let said;
  try {
    said = await post("unlock", csrf, { user, pin });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // Another page of this browser has signed somebody in or out meanwhile, and with that changed the token.
    if (error.code === "csrf" && !isAgain) return signIn(user, pin, { isAgain: true });
    if (FATAL.has(error.code)) await copies.drop(user);
    throw new VaultClosed(error.code, { left: error.body.left ?? null, words: error.body.words });
  }
  const raw = await take(said);
  try {
    await copies.keep(said.user, said.pin_set_at, pin, raw);
  } finally {
    raw.fill(0);
  }
  return said;
}

// Takes the key out of an answer; what can be read of it is gone after this, but for the bytes it returns.
async function take(said) {
  const raw = Uint8Array.from(atob(said.data_key), (letter) => letter.charCodeAt(0));
  said.data_key = "";
  key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return raw;
}

function enter(user, pin) {
  who = user;
  held = pin;
  noteActive();
  toldActiveAt = Date.now();
  tell("unlocked", { person: person() });
}

// --- Closing --------------------------------------------------------------------------------------------

// Shows the lock screen and signs the person out. Sending goes on while the page lives.
export async function lock(reason = "hand") {
  close(reason);
  if (reason === "hand") channel?.postMessage("lock");
  // A page in the background shall not sign out whoever works in another one.
  if (reason !== "hand" && document.visibilityState !== "visible") return;
  const isTold = sayLocked();
  await copies.update((record) => void (record.lock_due = true));
  if (await isTold) await copies.update((record) => void (record.lock_due = false));
}

function close(reason) {
  const wasOpen = isUnlocked();
  who = null;
  held = null;
  if (wasOpen) tell("locked", { reason });
}

// Signs the person out, also if the page is left the moment after. Resolves to whether the server has heard it; if
// not, it is told at the next contact, and counts the idle minutes itself until then.
async function sayLocked() {
  const csrf = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  try {
    const answer = await fetch("/station/api/lock", {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": csrf },
      keepalive: true,
      redirect: "manual",
      signal: AbortSignal.timeout(2 * PATIENCE_MS),
    });
    return answer.ok && (answer.headers.get("content-type") ?? "").includes("json");
  } catch {
    return false;
  }
}

// What was locked without network.
async function lockLate() {
  if (isUnlocked()) return;
  if (await sayLocked()) await copies.update((record) => void (record.lock_due = false));
}

// Makes everything here unreadable at once; once it is, hearing it again changes nothing.
export async function wipe(reason) {
  const wasReadable = key !== null;
  key = null;
  who = null;
  held = null;
  channel?.postMessage("wipe");
  const isNew = await copies.destroy(reason);
  if (isNew || wasReadable) tell("wiped", { reason });
}

// --- Using the key --------------------------------------------------------------------------------------

// Encrypts bytes, or anything that JSON can hold: {iv, data}.
export async function encrypt(content) {
  const plain = content instanceof Uint8Array || content instanceof ArrayBuffer ? content : encoded(content);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, needed(), plain);
  return { iv, data };
}

// Returns the bytes of a box.
export async function decrypt({ iv, data }) {
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, needed(), data));
}

const encoded = (value) => new TextEncoder().encode(JSON.stringify(value));

function needed() {
  if (!key) throw new VaultClosed("locked");
  return key;
}

// --- The server -----------------------------------------------------------------------------------------

// Who may open this tablet, as the server knows it now; what it says of people counts for the copies here.
export async function askPeople() {
  try {
    const said = await call("people", {
      patience: PATIENCE_MS,
      looksRight: ({ people, csrf }) => Array.isArray(people) && typeof csrf === "string",
    });
    peopleAt = Date.now();
    await copies.heard(said.people);
    return said;
  } catch (error) {
    if (error instanceof Refused && error.status === 410) await wipe("revoked");
    if (error instanceof Refused) throw new VaultClosed(error.status === 410 ? "revoked" : error.code);
    throw error;
  }
}

function post(path, csrf, body = {}) {
  return call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(body),
    patience: 2 * PATIENCE_MS,
  });
}

// Once the network is back, whoever opened the tablet without it is signed in, without being asked again.
async function renew() {
  if (isBusy || !who || !held) return;
  isBusy = true;
  const { id } = who;
  try {
    await signIn(id, held);
    tell("renewed", { person: person() }); // sync.js asks for fresh data at once.
  } catch (error) {
    // The server knows better: the PIN was changed, or the person left.
    if (error instanceof VaultClosed && [...FATAL, "pin_wrong"].includes(error.code)) {
      await copies.drop(id);
      close("refused");
    }
  } finally {
    isBusy = false;
  }
}

async function sayActive() {
  toldActiveAt = Date.now();
  try {
    const { csrf } = await askPeople();
    const { user } = await post("active", csrf);
    if (!user) await renew();
  } catch {
    // Without network nobody is kept signed in; `renew` sees to it later.
  }
}

// --- Watching -------------------------------------------------------------------------------------------

async function watch() {
  if (!isUnlocked()) return;
  if (isIdle()) await lock("idle");
  else if (activeAt > toldActiveAt && Date.now() - toldActiveAt >= ACTIVE_EVERY_MS) await sayActive();
}

const isIdle = () => Date.now() - activeAt >= IDLE_MS || performance.now() - activeSince >= IDLE_MS;

function noteActive() {
  activeAt = Date.now();
  activeSince = performance.now();
}

function touched() {
  // The first touch after a long sleep must not wake what should have been locked.
  if (isUnlocked() && isIdle()) watch();
  else noteActive();
}

// The server was reached: it hears of a lock that it missed, and tells who may still open this tablet.
async function hearServer() {
  if (!isUnlocked() && (await copies.update()).lock_due) await lockLate();
  else if (Date.now() - peopleAt >= PEOPLE_EVERY_MS) await askPeople().catch(() => null);
}

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`tablet:${name}`, { detail }));

for (const name of ["pointerdown", "keydown"]) addEventListener(name, touched, { capture: true, passive: true });
document.addEventListener("visibilitychange", watch);
setInterval(watch, WATCH_MS);
document.addEventListener("tablet:session", hearServer);
document.addEventListener("tablet:net", ({ detail }) => detail.reason === "signed_out" && renew());
if (channel) {
  channel.onmessage = ({ data }) => {
    if (data === "wipe") {
      key = null;
      who = null;
      held = null;
      tell("wiped", { reason: "revoked" });
    } else if (data === "lock") close("elsewhere");
  };
}
