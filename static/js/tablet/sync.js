// When to send: at load, after each command, when the network seems to be back, when somebody looks at the screen,
// by the clock, and when a person asks. navigator.onLine decides nothing: a round begins by asking the server.
import * as clock from "./clock.js";
import { Delivery, Unreadable } from "./delivery.js";
import { call, NoAnswer, Refused } from "./net.js";
import * as outbox from "./outbox.js";
import { refresh } from "./snapshot.js";
import { meta, persist } from "./store.js";
import * as vault from "./vault.js";

const LOCK = "voltgo-tablet-sync";
const CALM_MS = 30_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

// {online, waiting, unsent, attention, lastSync, reason, progress}. `online` is null before the first try. `reason`:
//   ""                all well
//   "network"         nobody answers
//   "stranger"        somebody else answers (a portal that wants a sign-in), "server": our server is ill
//   "locked"          it waits until somebody unlocks the tablet
//   "signed_out"      sending goes on; for new data somebody has to unlock
//   "tablet_unknown", "tablet_revoked", "slow_down", "device"
let state = { online: null, waiting: 0, unsent: 0, attention: 0, lastSync: null, reason: "", progress: null };
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("voltgo-tablet-net");
let running = null;
let isWanted = false;
let timer = 0;
let pause = FIRST_PAUSE_MS;

export const current = () => state;

// Sends what waits and brings fresh data; resolves to the state after. Two calls at once are one round, and one
// more for what came meanwhile. `everything`: also what is otherwise tried slowly.
export function syncNow({ everything = false } = {}) {
  if (running) {
    isWanted = true;
    return running;
  }
  running = rounds(everything).finally(() => {
    running = null;
    schedule();
  });
  return running;
}

async function rounds(everything) {
  clearTimeout(timer);
  do {
    isWanted = false;
    // One tab at a time: the others would send the same again. The server would not mind, the network would.
    const found = navigator.locks
      ? await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? round(everything) : null))
      : await round(everything);
    if (found === null) break; // Another tab is at it, and tells us.
    await publish(found);
  } while (isWanted && state.online);
  return state;
}

async function round(everything) {
  try {
    const session = await ask();
    await outbox.enterEpoch(session.epoch);
    const news = session.user ? refresh().catch(() => null) : null;
    const found = await deliver(session, everything);
    await news;
    return found;
  } catch (error) {
    return explained(error);
  }
}

// The first call of each round: is it our server, what time is it there, which token against forgery is good now.
async function ask() {
  const before = Date.now();
  const session = await call("session", {
    looksRight: ({ epoch, csrf, now }) => [epoch, csrf, now].every((value) => typeof value === "string"),
  });
  await clock.measure(before, Date.now(), session.now);
  document.dispatchEvent(new CustomEvent("tablet:session", { detail: session }));
  return session;
}

async function deliver({ csrf, epoch, user }, everything) {
  const appVersion = document.body.dataset.appVersion ?? "";
  const onProgress = (progress) => publish({ progress });
  const delivery = new Delivery({ csrf, epoch, appVersion, everything, onProgress });
  try {
    await delivery.run();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { online: true, reason: "locked" };
  }
  await outbox.prune();
  const lastSync = new Date().toISOString();
  await meta.set("last_sync", lastSync);
  return { online: true, lastSync, reason: user ? "" : "signed_out" };
}

async function explained(error) {
  if (error instanceof NoAnswer) return { online: false, reason: error.why };
  if (!(error instanceof Refused)) {
    reportError(error); // Our own fault, or the browser's storage fails: said, and tried again.
    return { reason: "device" };
  }
  if (error.status === 410 && error.code === "tablet_revoked") {
    // A tablet that was lost: from now on nobody reads what it holds, the finder least of all.
    await vault.wipe("revoked");
    return { online: true, reason: "tablet_revoked" };
  }
  if (error.status === 401) return { online: true, reason: "tablet_unknown" };
  if (error.status === 429) {
    pause = Math.max(pause, error.retryAfter * 1000);
    return { online: true, reason: "slow_down" };
  }
  return { online: false, reason: "server" };
}

// --- Telling -------------------------------------------------------------------------------------------

async function publish(found) {
  state = { ...state, progress: null, ...found, ...(await outbox.counts()) };
  channel?.postMessage(state);
  say();
}

function say() {
  document.dispatchEvent(new CustomEvent("tablet:net", { detail: state }));
}

async function recount() {
  state = { ...state, ...(await outbox.counts()) };
  say();
}

// --- When ----------------------------------------------------------------------------------------------

function schedule() {
  clearTimeout(timer);
  const isWell = state.online && ["", "signed_out", "locked"].includes(state.reason);
  const wait = isWell ? CALM_MS : pause;
  pause = isWell ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
  // A station's tablets lose their network together; they shall not come back in step.
  timer = setTimeout(syncNow, wait * (0.8 + Math.random() * 0.4));
}

function soon() {
  pause = FIRST_PAUSE_MS;
  syncNow();
}

export async function start() {
  state.lastSync = (await meta.get("last_sync")) ?? null;
  addEventListener("online", soon);
  addEventListener("pageshow", (event) => event.persisted && soon());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && soon());
  for (const name of ["tablet:unlocked", "tablet:renewed"]) document.addEventListener(name, soon);
  navigator.serviceWorker?.addEventListener("message", ({ data }) => data === "sync" && soon());
  outbox.onChange((what) => {
    recount();
    if (what !== "enqueued") return;
    wish();
    soon();
  });
  if (channel) {
    channel.onmessage = ({ data }) => {
      state = data;
      say();
    };
  }
  persist();
  return syncNow();
}

// Chromium wakes the worker when the network is back, even after the page was closed; others ignore it.
async function wish() {
  try {
    await (await navigator.serviceWorker.ready).sync.register("outbox");
  } catch {
    // Everything else here does without.
  }
}
