// What the board shows: the snapshot, with what was done at this tablet since laid over it.
const DONE_BY = { pickup: "handed", return: "returned" };
const FRESH_MS = 24 * 3_600_000;
const SENT = new Set(["applied", "resolved"]);
const TROUBLE = new Set(["conflict", "rejected"]);
export const WARN_AFTER_HOURS = 12;
export const EXPIRES_AFTER_HOURS = 24;

// The last command of each subject and kind, so that a board knows what is done before the server says so.
export function doneHere(commands) {
  const found = new Map();
  for (const command of commands) {
    const kind = DONE_BY[command.kind];
    if (kind) found.set(`${kind} ${command.subject}`, command);
  }
  return found;
}

export function arrange({ snapshot, commands, drafts, now }) {
  const done = doneHere(commands);
  const at = (kind, code) => done.get(`${kind} booking:${code}`);
  const out = snapshot.bookings
    .filter(({ code }) => !isSettled(at("handed", code)))
    .map((booking) => ({ booking, command: at("handed", booking.code) }));
  const rentals = snapshot.rentals
    .filter(({ booking }) => !isSettled(at("returned", booking)))
    .map((rental) => ({ rental, command: at("returned", rental.booking), lateMinutes: lateness(rental, now) }));
  return {
    drafts,
    out: bySoonest(out, ({ booking }) => booking.starts_at),
    late: bySoonest(rentals.filter(({ lateMinutes, command }) => lateMinutes > 0 && !command), ({ rental }) => rental.due_at),
    back: bySoonest(rentals.filter(({ lateMinutes, command }) => lateMinutes <= 0 || command), ({ rental }) => rental.due_at),
    vehicles: snapshot.vehicles.filter(needsWork),
    done: commands
      .filter(({ kind, device_at: madeAt }) => !DONE_BY[kind] && now - Date.parse(madeAt) < FRESH_MS)
      .reverse(),
  };
}

// The server has it and the next snapshot leaves it out: nothing to lay over any more.
const isSettled = (command) => Boolean(command) && SENT.has(command.state);
export const isTrouble = (command) => TROUBLE.has(command.state);

const lateness = (rental, now) => Math.floor((now - Date.parse(rental.due_at)) / 60_000);

function bySoonest(rows, moment) {
  return rows.sort((one, other) => Date.parse(moment(one)) - Date.parse(moment(other)));
}

// In preparation, or ready without the charge that it needs to go out.
export function needsWork({ condition, battery_percent: battery, minimum_battery: least }) {
  return condition === "preparation" || (condition === "ready" && battery < least);
}

// Hours since the server made what this tablet works with.
export const ageHours = (snapshot, now) => (now - Date.parse(snapshot.issued_at)) / 3_600_000;
export const isExpired = (snapshot, now) => now > Date.parse(snapshot.valid_until);

// Without accents and case, so that "nguyen" finds "Nguyễn" and "51k12345" finds "51K-123.45".
export function plain(text) {
  return String(text ?? "")
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
}

export function matches(wanted, { code, renter, vehicle }) {
  const text = plain(wanted);
  if (!text) return false;
  if ([code, vehicle?.plate, renter?.name].some((each) => plain(each).includes(text))) return true;
  return /^\d{3}$/.test(text) ? plain(renter?.phone_tail) === text : /^\d{4,}$/.test(text) && text.endsWith(plain(renter?.phone_tail) || "none");
}

// A scanned code is the booking's code, or an address that ends in it.
export function codeIn(text) {
  const found = /(VG-[0-9A-Z]{4,12})/i.exec(text);
  return (found?.[1] ?? text.trim()).toUpperCase();
}
