// The page of the tests that need no screens: everything that sends, within reach of page.evaluate.
import * as clock from "/static/js/tablet/clock.js";
import * as hash from "/static/js/tablet/hash.js";
import * as outbox from "/static/js/tablet/outbox.js";
import * as store from "/static/js/tablet/store.js";
import * as sync from "/static/js/tablet/sync.js";

const noise = (size, seed) => {
  const bytes = new Uint8Array(size);
  for (let place = 0; place < size; place += 1) bytes[place] = (place * 31 + seed * 97 + (place >> 8)) % 256;
  return new Blob([bytes], { type: "image/jpeg" });
};

// A pickup as the app would store it: photographs of `size` bytes and a signature.
async function pickup(code, { photos = 1, size = 600_000, seed = 0, ...rest } = {}) {
  const files = Array.from({ length: photos }, (_, number) => ({
    role: `photo:${number}`,
    blob: noise(size, seed * 100 + number),
  }));
  files.push({ role: "signature:renter", blob: noise(5_000, seed * 100 + 99) });
  return outbox.enqueue({
    kind: "pickup",
    subject: `booking:${code}`,
    ticket: "ticket",
    payload: { booking: code, odometer_km: 12_034 },
    title: `51K-123.45 · ${code}`,
    files,
    ...rest,
  });
}

// Resolves when a round of this very call is over: the page's own timer may hold the lock.
async function send(options) {
  for (;;) {
    const state = await sync.syncNow(options);
    if (state.online !== null) return state;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Object.assign(window, { clock, hash, outbox, store, sync, pickup, send, noise, isReady: true });
