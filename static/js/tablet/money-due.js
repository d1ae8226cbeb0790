// What of a booking has still to be paid at the counter, and whether this drawer can take it.
import * as outbox from "./outbox.js";

const GONE = new Set(["rejected", "conflict", "resolved"]);
const ROUND = [50_000, 100_000, 500_000];

// {missing, inCash, session}: dong that lack, dong that the drawer may take now, and the running session's reference.
export async function moneyDue(booking, data) {
  const commands = await outbox.all();
  const taken = await takenHere(booking.code, commands, data);
  const missing = Math.max(0, booking.missing_money - taken);
  return {
    missing,
    inCash: Math.min(missing, Math.max(0, (booking.cash_due ?? 0) - taken)),
    session: runningSession(commands, data),
  };
}

async function takenHere(code, commands, data) {
  let sum = 0;
  for (const command of commands) {
    if (command.kind !== "cash_take" || GONE.has(command.state)) continue;
    // What the server had done before it wrote the snapshot is in the snapshot's figure.
    if (command.state === "applied" && command.settled_at < data.issued_at) continue;
    const { payload } = await outbox.wire(command);
    if (payload.booking === code) sum += payload.amount;
  }
  return sum;
}

// Of the tablet's own opening and closing, and what the snapshot says, the latest counts.
export function runningSession(commands, data) {
  const own = commands.filter(({ kind, state }) => ["cash_open", "cash_close"].includes(kind) && !GONE.has(state));
  const last = own.at(-1);
  const isNewer = last && !(last.state === "applied" && last.settled_at < data.issued_at);
  if (isNewer) return last.kind === "cash_open" ? last.id : null;
  return data.cash.session?.id ?? null;
}

// What people hand over for an amount: exactly, or rounded up to a note.
export function likely(amount) {
  const found = [amount, ...ROUND.map((note) => Math.ceil(amount / note) * note)];
  return [...new Set(found)].sort((one, other) => one - other);
}
