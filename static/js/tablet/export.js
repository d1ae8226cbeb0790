// Everything that has not reached the server, as one file to carry away: encrypted as it lies here, and before it a
// list for people in which nobody is named. The centre opens it with the tablet's key.
import * as outbox from "./outbox.js";
import { answer, tx } from "./store.js";

const FORMAT = "voltgo-tablet-export/1";

// Returns {name, blob, count}.
export async function exportAll({ tablet = "", station = "", now = new Date() } = {}) {
  const records = (await outbox.all()).filter(({ state }) => !["applied", "resolved"].includes(state));
  const names = new Set(records.flatMap(({ files }) => files.map(({ sha256 }) => sha256)));
  const head = { format: FORMAT, tablet, station, exported_at: now.toISOString(), index: records.map(indexed) };
  // In parts: a day's photographs as one string would be more than a small tablet has.
  const parts = [JSON.stringify(head, null, 1).slice(0, -2), ',\n "commands": ['];
  records.forEach((record, place) => parts.push(place ? ",\n" : "\n", JSON.stringify(portable(record))));
  parts.push('\n ],\n "files": [');
  let place = 0;
  for (const name of names) {
    const file = await tx(["files"], "readonly", (store) => answer(store("files").get(name)));
    if (file) parts.push(new Blob([place++ ? ",\n" : "\n", JSON.stringify(portable(file))]));
  }
  parts.push("\n ]\n}\n");
  const stamp = now.toISOString().slice(0, 16).replace(/[-:T]/g, "");
  const blob = new Blob(parts, { type: "application/json" });
  return { name: `voltgo-${tablet || "tablet"}-${stamp}.json`, blob, count: records.length };
}

function indexed({ seq, id, kind, subject, device_at: madeAt, state, tries, trouble, answer: last, files }) {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const unsent = files.filter(({ stored }) => !stored).length;
  const code = last?.code || trouble || "";
  return { seq, id, kind, subject, device_at: madeAt, state, code, tries, files: files.length, unsent, bytes };
}

// The same value with its bytes as text.
function portable(value) {
  if (value instanceof ArrayBuffer) return { base64: encoded(new Uint8Array(value)) };
  if (ArrayBuffer.isView(value)) return { base64: encoded(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  if (Array.isArray(value)) return value.map(portable);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, portable(item)]));
}

function encoded(bytes) {
  const CHUNK = 0x8000; // More arguments than that overflow a small stack.
  let text = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(text);
}
