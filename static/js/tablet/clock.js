// How far the tablet's clock is from the server's, measured at each contact. Nothing here sets a clock: a command
// carries the tablet's own time and this difference, and the server corrects.
import { meta } from "./store.js";

const NAME = "clock";
// A clock that stands this much before the last measurement was set back since: what was measured is worth nothing.
const SLACK_MS = 60_000;

let known; // {offset, at}; undefined until it was read

// Takes the server's time from an answer that was asked for at `before` and came at `after`, both by Date.now().
export async function measure(before, after, serverTime) {
  const now = Date.parse(serverTime);
  if (Number.isNaN(now)) return;
  known = { offset: Math.round(now - (before + after) / 2), at: after };
  await meta.set(NAME, known);
}

// Milliseconds to add to the tablet's time; null when nobody knows.
export async function offset() {
  known ??= (await meta.get(NAME)) ?? null;
  if (!known || Date.now() < known.at - SLACK_MS) return null;
  return known.offset;
}

// What the time probably is, for what is shown; commands carry the tablet's own.
export async function now() {
  return Date.now() + ((await offset()) ?? 0);
}
