// One round of sending: every command first, in order, so that the centre knows at once; then the files that it
// misses, signatures before photographs, each from the byte at which it stopped; then once more each command whose
// last file has arrived, to hear what became of it.
import { call, NoAnswer, Refused } from "./net.js";
import * as outbox from "./outbox.js";

const MOST_COMMANDS = 20;
const MOST_BYTES = 400_000;
export const PIECE_BYTES = 256 * 1024;
const PIECE_PATIENCE_MS = 45_000;
// A command that the server could not take, although it was there, is tried again after so long, for ever.
export const SLOW_MS = 5 * 60_000;
// So many in a row that it could not take: it is the server that is ill, not they.
const MOST_FAILURES = 3;
const MOST_RESTARTS = 3;
const STATES = new Set(["waiting", ...outbox.DECIDED]);

// The tablet is locked and was loaded anew: nobody here can read what is to be sent.
export class Unreadable extends Error {
  constructor(cause) {
    super("locked", { cause });
    this.name = "Unreadable";
  }
}

export class Delivery {
  // `everything`: a person has asked for it, so what is tried slowly goes as well.
  constructor({ csrf, epoch, appVersion, everything = false, onProgress = () => null }) {
    this.headers = { "X-CSRFToken": csrf };
    this.epoch = epoch;
    this.appVersion = appVersion;
    this.everything = everything;
    this.onProgress = onProgress;
    this.posted = new Set();
    this.confirmed = new Set();
    this.offsets = new Map();
    this.givenUp = new Set(); // Until the next round.
    this.failures = 0;
  }

  // Throws NoAnswer or Refused where it makes no sense to go on now, and Unreadable.
  async run() {
    for (;;) {
      const commands = await outbox.pending({ everything: this.everything });
      const due = commands.filter((command) => this.isDue(command));
      const fresh = due.filter(({ id }) => !this.posted.has(id));
      const whole = due.filter((command) => this.isWhole(command));
      const file = this.nextFile(due);
      if (fresh.length) await this.post(await this.batch(fresh));
      else if (whole.length) await this.post(await this.batch(whole), this.confirmed);
      else if (file) await this.send(file, due);
      else return;
    }
  }

  isDue({ tries, tried_at: triedAt }) {
    if (this.everything || tries < outbox.TRIES_UNTIL_ATTENTION) return true;
    return Date.now() - Date.parse(triedAt) >= SLOW_MS;
  }

  isWhole({ id, state, files }) {
    return state === "files" && !this.confirmed.has(id) && files.every((file) => file.stored);
  }

  // --- Commands ----------------------------------------------------------------------------------------

  async batch(commands) {
    const batch = [];
    let bytes = 0;
    for (const command of commands.slice(0, MOST_COMMANDS)) {
      const text = JSON.stringify(await this.read(command));
      if (batch.length && bytes + text.length > MOST_BYTES) break;
      batch.push({ id: command.id, text });
      bytes += text.length;
    }
    return batch;
  }

  async read(command) {
    try {
      return await outbox.wire(command);
    } catch (error) {
      throw new Unreadable(error);
    }
  }

  async post(batch, done = this.posted) {
    for (const { id } of batch) done.add(id);
    let said;
    try {
      said = await this.ask(batch);
    } catch (error) {
      if (!isAboutTheContent(error)) throw error;
      await this.divide(batch, error);
      return;
    }
    this.failures = 0;
    if (said.epoch !== this.epoch) await this.enter(said.epoch);
    await this.take(batch, said.results);
  }

  async ask(batch) {
    const { unsent } = await outbox.counts();
    const commands = batch.map(({ text }) => text).join(",");
    const body = `{"commands":[${commands}],"waiting":${unsent},"app_version":${JSON.stringify(this.appVersion)}}`;
    return call("sync", {
      method: "POST",
      headers: { ...this.headers, "Content-Type": "application/json" },
      body,
      looksRight: ({ epoch, results }) => typeof epoch === "string" && Array.isArray(results),
    });
  }

  // One command that the server cannot take must not keep the others: they go in halves, down to the one.
  async divide(batch, error) {
    if (batch.length > 1) {
      const middle = Math.ceil(batch.length / 2);
      await this.post(batch.slice(0, middle));
      await this.post(batch.slice(middle));
      return;
    }
    await outbox.tried(batch[0].id, reasonOf(error));
    this.fail(error);
  }

  async take(batch, results) {
    const byId = new Map(results.map((result) => [result?.id, result]));
    for (const { id } of batch) {
      const result = byId.get(id);
      if (!result || !STATES.has(result.state)) {
        // An answer that this version of the app does not understand settles nothing.
        await outbox.tried(id, result ? `answer_${result.code || result.state}` : "answer_missing");
        continue;
      }
      for (const { sha256, offset } of result.missing ?? []) this.offsets.set(sha256, offset ?? 0);
      await outbox.answered(result);
    }
  }

  async enter(epoch) {
    this.epoch = epoch;
    await outbox.enterEpoch(epoch);
    this.posted.clear();
    this.confirmed.clear();
    this.offsets.clear();
  }

  // --- Files -------------------------------------------------------------------------------------------

  nextFile(commands) {
    const candidates = commands
      .filter(({ state }) => state === "files")
      .flatMap(({ files }) => files.filter((file) => !file.stored && !this.givenUp.has(file.sha256)));
    return candidates.find(({ role }) => role.startsWith("signature:")) ?? candidates[0] ?? null;
  }

  async send(file, commands) {
    const trouble = await this.upload(file);
    if (!trouble) {
      this.failures = 0;
      await outbox.stored(file.sha256);
      return;
    }
    this.givenUp.add(file.sha256);
    for (const { id, files } of commands) {
      if (files.some(({ sha256 }) => sha256 === file.sha256)) await outbox.tried(id, trouble);
    }
  }

  // Returns what went wrong with this file, or nothing.
  async upload({ sha256, size }) {
    const bytes = await this.open(sha256);
    if (!bytes) return "file_lost";
    let offset = this.offsets.get(sha256) ?? 0;
    for (let restarts = 0; restarts < MOST_RESTARTS; ) {
      try {
        const said = await this.put(sha256, size, offset, bytes.subarray(offset, offset + PIECE_BYTES));
        if (said.stored) return said.received === size ? null : "upload_differs";
        if (said.received <= offset) restarts += 1;
        offset = said.received;
      } catch (error) {
        if (!isAboutTheContent(error)) throw error;
        if (error.status === 409 && Number.isInteger(error.body?.received)) offset = error.body.received;
        else if (error.status === 422) offset = 0; // What arrived was not what we sent: from the start.
        else {
          this.fail(error);
          return reasonOf(error);
        }
        restarts += 1;
      }
      this.offsets.set(sha256, offset);
      this.onProgress({ sha256, offset, size });
    }
    return "upload_refused";
  }

  async open(sha256) {
    try {
      return await outbox.bytesOf(sha256);
    } catch (error) {
      throw new Unreadable(error);
    }
  }

  put(sha256, size, offset, piece) {
    return call(`files/${sha256}`, {
      method: "PUT",
      headers: {
        ...this.headers,
        "Content-Type": "application/octet-stream",
        "Upload-Offset": String(offset),
        "Upload-Length": String(size),
      },
      body: piece,
      patience: PIECE_PATIENCE_MS,
      looksRight: (said) => said.sha256 === sha256 && Number.isInteger(said.received),
    });
  }

  fail(error) {
    this.failures += 1;
    if (this.failures >= MOST_FAILURES) throw error;
  }
}

// Whether the server was reached and choked on what we sent, and something else may still pass.
function isAboutTheContent(error) {
  if (error instanceof NoAnswer) return error.why === "server";
  return error instanceof Refused && ![401, 403, 410, 429].includes(error.status);
}

const reasonOf = (error) => error.code || `http_${error.status}`;
