// What waits, what went, what a person must look at: every command of this tablet, with what the server said of it.
// There is no way to delete one.
import { announce, navigate, register } from "../app.js";
import { fill, icon, note, piece, rows, slot, tag } from "../dom.js";
import { exportAll } from "../export.js";
import * as outbox from "../outbox.js";
import { HANDOVER_BYTES, room } from "../store.js";
import * as sync from "../sync.js";
import * as vault from "../vault.js";
import { clock, counted, day, duration, isEnglish, isSameDay, knows, word } from "../words.js";

const MOST_SENT = 30;
const TAGS = {
  queued: "warn",
  files: "info",
  delivered: "info",
  applied: "ok",
  conflict: "bad",
  rejected: "bad",
  resolved: "ok",
};
const EVERY_MS = 30_000;

let root = null;
let leave = [];
let isDrawing = false;
let isStale = false;

register("queue", {
  template: "screen-queue",
  needsSnapshot: false,
  // Kinds and times are no secret, and who finds a locked tablet shall see that it wants to be unlocked.
  isOpen: true,
  async mount(element) {
    root = element;
    root.querySelector("[data-send]").addEventListener("click", sendNow);
    root.querySelector("[data-export]").addEventListener("click", save);
    root.querySelector("[data-unlock]").addEventListener("click", () => navigate("lock"));
    const timer = setInterval(draw, EVERY_MS);
    document.addEventListener("tablet:net", draw);
    leave = [
      outbox.onChange(draw),
      () => clearInterval(timer),
      () => document.removeEventListener("tablet:net", draw),
    ];
    await draw();
  },
  unmount() {
    for (const undo of leave) undo();
    leave = [];
    root = null;
  },
});

// Pieces of a photograph arrive faster than a list is drawn: one drawing at a time, and one more if it is stale.
async function draw() {
  if (isDrawing) {
    isStale = true;
    return;
  }
  isDrawing = true;
  do {
    isStale = false;
    await drawOnce();
  } while (isStale && root);
  isDrawing = false;
}

async function drawOnce() {
  const [commands, space] = await Promise.all([outbox.list(), room()]);
  if (!root) return;
  const now = Date.now();
  const state = sync.current();
  const attention = commands.filter((command) => command.needsAttention);
  const waiting = commands.filter(({ state: found, needsAttention }) => !outbox.DECIDED.has(found) && !needsAttention);
  const sent = commands.filter(({ state: found }) => found === "applied" || found === "resolved").reverse();
  const isLocked = !vault.isUnlocked();

  root.querySelector("[data-notes]").replaceChildren(...notes(state, space, commands, isLocked));
  fill(root, {
    last: state.lastSync ? word("queue.last", { time: moment(state.lastSync, now) }) : word("queue.never"),
    room: space.free === null ? null : word("queue.room", { used: bytes(space.used), free: bytes(space.free) }),
  });
  root.querySelector("[data-unlock]").hidden = !isLocked;
  root.querySelector("[data-export]").disabled = !(attention.length + waiting.length);
  put("attention", attention, now, state, true);
  put("waiting", waiting, now, state);
  put("sent", sent.slice(0, MOST_SENT), now, state);
}

function notes(state, space, commands, isLocked) {
  const unsent = commands.filter(({ state: found }) => found === "queued" || found === "files").length;
  const found = [];
  if (isLocked && unsent) found.push(note("warn", counted("queue.locked", unsent)));
  if (state.reason && state.reason !== "locked" && knows(`queue.reason.${state.reason}`)) {
    const isGrave = ["tablet_unknown", "tablet_revoked", "device"].includes(state.reason);
    found.push(note(isGrave ? "bad" : state.online ? "info" : "warn", word(`queue.reason.${state.reason}`)));
  }
  if (space.free !== null && space.free < HANDOVER_BYTES) found.push(note("bad", word("queue.full")));
  return found;
}

function put(name, commands, now, state, isHiddenWhenEmpty = false) {
  const section = root.querySelector(`[data-list="${name}"]`);
  section.hidden = isHiddenWhenEmpty && !commands.length;
  section.querySelector(".count").textContent = commands.length || "";
  rows(section.querySelector("ul"), commands.map((command) => row(command, now, state)));
}

function row(command, now, { progress }) {
  const element = piece("queue-row");
  const made = Date.parse(command.device_at);
  fill(element, {
    kind: word(`queue.kind.${command.kind}`),
    title: command.title || codeOf(command.subject),
    time: moment(command.device_at, now),
    age: outbox.DECIDED.has(command.state) ? null : word("queue.age", { age: duration((now - made) / 60_000) }),
    size: command.size ? word("queue.size", { size: bytes(command.size), count: command.files.length }) : null,
    tries: command.tries ? counted("queue.tries", command.tries) : null,
    words: command.words || null,
    trouble: trouble(command),
  });
  element.querySelector("[data-tags]").append(tag(word(`queue.state.${command.state}`), TAGS[command.state]));
  const bar = element.querySelector("progress");
  bar.hidden = command.state !== "files";
  bar.max = command.size || 1;
  bar.value = command.sent + partOf(command, progress);
  bar.setAttribute("aria-label", word("queue.progress"));
  slot(element, "kind").prepend(icon(ICONS[command.kind] ?? "clipboard-check"));
  return element;
}

const ICONS = {
  pickup: "key-round",
  return: "undo-2",
  walk_in: "user",
  cash_open: "banknote",
  cash_take: "banknote",
  cash_drop: "banknote",
  cash_close: "banknote",
  vehicle_ready: "circle-check",
  charge_start: "plug-zap",
  charge_end: "battery-full",
  fault: "wrench",
  note: "pen-line",
};

// The bytes of the file that is on its way just now.
function partOf({ files }, progress) {
  const isIts = progress && files.some(({ sha256, stored }) => sha256 === progress.sha256 && !stored);
  return isIts ? progress.offset : 0;
}

function trouble({ state, trouble: code, device_at: madeAt }) {
  if (outbox.DECIDED.has(state)) return null;
  if (code && knows(`queue.trouble.${code}`)) return word(`queue.trouble.${code}`);
  if (code) return word("queue.trouble", { code });
  return Date.now() - Date.parse(madeAt) > outbox.AGE_UNTIL_ATTENTION_MS ? word("queue.old") : null;
}

const codeOf = (subject) => (subject.startsWith("walk-in:") ? "" : subject.split(":").at(-1));
const moment = (at, now) => (isSameDay(at, new Date(now).toISOString()) ? clock(at) : `${clock(at)} ${day(at)}`);

function bytes(count) {
  const units = ["kB", "MB", "GB"];
  let value = count / 1000;
  let place = 0;
  while (value >= 999.5 && place < units.length - 1) {
    value /= 1000;
    place += 1;
  }
  const text = value < 10 && place ? value.toFixed(1) : String(Math.ceil(value));
  return `${isEnglish() ? text : text.replace(".", ",")}\u00a0${units[place]}`;
}

async function sendNow({ currentTarget: button }) {
  button.disabled = true;
  const { online, unsent, reason } = await sync.syncNow({ everything: true });
  button.disabled = false;
  if (online && !unsent) announce(word("queue.all-sent"));
  else if (!online) announce(word(`queue.reason.${reason || "network"}`), "warn");
}

async function save() {
  const { tablet, station } = document.body.dataset;
  const { name, blob, count } = await exportAll({ tablet, station });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  announce(counted("queue.exported", count, { name }));
}
