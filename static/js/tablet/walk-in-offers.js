// What can be offered to somebody at the counter without asking the server: vehicles that stand ready and are free for
// long enough, at the prices of the server's table, and whether this person may drive them.
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const ZONE_MS = 7 * 3_600_000;
// Rent begins at the next half hour; so long after it the vehicle may still leave at that price.
const LATEST_START_MS = 10 * MINUTE_MS;
const GONE = ["rejected"];

// The slot of the table at which a rental that is made now begins; null if the table does not reach so far.
export function slotAt(table, now) {
  const index = table.slots.findIndex(({ at }) => Date.parse(at) >= now);
  if (index < 0 || Date.parse(table.slots[index].at) - now >= 30 * MINUTE_MS) return null;
  return { index, ...table.slots[index] };
}

export const isStillGood = (offer, now) => now <= Date.parse(offer.starts_at) + LATEST_START_MS;

// Every vehicle that could leave now until the chosen time, with its whole price and why it may not be this person's.
export function offersFor(data, { renter, choice, now, taken }) {
  const slot = slotAt(data.walk_in, now);
  if (!slot) return [];
  const place = slot.ends.findIndex(([key]) => key === choice);
  if (place < 0) return [];
  const minutes = slot.ends[place][1];
  const startsAt = slot.at;
  const endsAt = new Date(Date.parse(startsAt) + minutes * MINUTE_MS).toISOString().replace(".000Z", "Z");
  return data.vehicles
    .filter((vehicle) => isReady(vehicle, endsAt) && !taken.has(vehicle.code))
    .map((vehicle) => offer(data.walk_in, vehicle, { slot, place, minutes, startsAt, endsAt, renter }))
    .filter(Boolean)
    .sort((one, other) => one.reasons.length - other.reasons.length || one.total - other.total);
}

function isReady({ condition, lifecycle, battery_percent: battery, minimum_battery: least, free_until: freeUntil }, endsAt) {
  return condition === "ready" && lifecycle === "in_service" && battery >= least && freeUntil !== null && freeUntil >= endsAt;
}

function offer(table, vehicle, { slot, place, minutes, startsAt, endsAt, renter }) {
  const model = table.models[vehicle.model_slug];
  const base = model?.totals[String(slot.index)]?.[place];
  if (base === undefined || !model.text) return null;
  return {
    vehicle: vehicle.code,
    starts_at: startsAt,
    ends_at: endsAt,
    total: base + young(model, renter, startsAt, minutes),
    deposit: model.deposit,
    km: model.km[String(minutes)],
    text: model.text,
    table: table.table,
    reasons: reasonsAgainst(model, renter, startsAt, endsAt),
  };
}

function young({ young: rule }, { born_on: bornOn }, startsAt, minutes) {
  if (!rule || !bornOn || ageAt(bornOn, startsAt) >= rule.below_age) return 0;
  return rule.day_amount * Math.ceil(minutes / DAY_MINUTES);
}

// Codes: too_young, licence_class, licence_expired. What else the server asks about, it asks when the command arrives.
export function reasonsAgainst({ minimum_age: least, classes }, { born_on: bornOn, licence }, startsAt, endsAt) {
  const reasons = [];
  if (bornOn && ageAt(bornOn, startsAt) < least) reasons.push("too_young");
  if (classes === null) return reasons;
  if (!classes.some(({ code }) => code === licence.class)) reasons.push("licence_class");
  // It must still hold if the vehicle comes back a day late.
  const needed = dayOf(new Date(Date.parse(endsAt) + DAY_MINUTES * MINUTE_MS).toISOString());
  if (licence.expires_on && licence.expires_on < needed) reasons.push("licence_expired");
  return reasons;
}

export const dayOf = (moment) => new Date(Date.parse(moment) + ZONE_MS).toISOString().slice(0, 10);

export function ageAt(bornOn, moment) {
  const [year, month, date] = bornOn.split("-").map(Number);
  const [thisYear, thisMonth, thisDate] = dayOf(moment).split("-").map(Number);
  const isBefore = thisMonth < month || (thisMonth === month && thisDate < date);
  return thisYear - year - (isBefore ? 1 : 0);
}

// Vehicles that this tablet has given out since its data were made.
export async function takenHere(commands, wire, issuedAt) {
  const taken = new Set();
  for (const command of commands) {
    if (!["pickup", "walk_in"].includes(command.kind) || GONE.includes(command.state) || command.device_at < issuedAt) continue;
    const { payload } = await wire(command);
    if (payload.vehicle) taken.add(payload.vehicle);
  }
  return taken;
}

// Every class that some model here asks for, once.
export function classesIn({ models }) {
  const found = new Map();
  for (const { classes } of Object.values(models)) for (const each of classes ?? []) found.set(each.code, each.label);
  return [...found].map(([code, label]) => ({ code, label }));
}
