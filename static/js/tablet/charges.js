// What comes on top of the rent when a vehicle comes back, computed on the tablet by the rules frozen in its quote:
// the same amounts as the server's rentals/pricing/returns.py and handovers/settling.py, to the dong. Integers only;
// tests/browser/tablet/test_charges.py holds the two against each other.
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
const BASIS_POINTS = 10_000;
// Vietnam's clock has had no summer time since 1975.
const ZONE_SECONDS = 7 * HOUR;
const SATURDAY = 5;
const LATE_FEE_CAP_BP = 15_000;
const ENERGY_STEP_PERCENT = 10;
// Parts of a dong in which bundles are compared: beyond what a number holds exactly.
const PART = BigInt(DAY * BASIS_POINTS);

// What later rules added has a default, so that older quotes are read as they were meant.
const DEFAULTS = { peak_bp: BASIS_POINTS, holiday_bp: BASIS_POINTS, cleaning_fee_amount: 0, holidays: [], peaks: [] };

const up = (number, size) => Math.ceil(number / size);
const secondsOf = (moment) => Math.floor(Date.parse(moment) / 1000);

// {lines: [{code, kind, gross, net, vat, vat_bp, params}], extra, prepaid, total, deposit, captured, released,
//  retained, debt}
//   rental   of the snapshot; facts: {presented_at, odometer_km, battery_percent, is_dirty, damages: [{part, amount}]}
//   rates    {rental, fee, compensation} in basis points, of the day on which it was presented
export function settle(rental, facts, rates) {
  const lines = chargesAtReturn(
    rental.terms,
    {
      starts_at: rental.booked.starts_at,
      ends_at: rental.booked.ends_at,
      presented_at: facts.presented_at,
      distance_km: facts.odometer_km - (rental.pickup?.odometer_km ?? 0),
      battery_end_percent: facts.battery_percent,
      is_dirty: facts.is_dirty,
      damages: facts.damages,
      liability_amount: rental.liability,
    },
    rates,
  );
  return outcome(lines, { prepaid: rental.prepaid.total, deposit: rental.deposit, retention: rental.retention });
}

// Who pays it from where.
export function outcome(lines, { prepaid, deposit, retention = 0 }) {
  const extra = lines.reduce((sum, { gross }) => sum + gross, 0);
  const captured = Math.min(extra, deposit);
  const released = deposit - captured;
  return {
    lines,
    extra,
    prepaid,
    total: prepaid + extra,
    deposit,
    captured,
    released,
    retained: Math.min(released, retention),
    debt: extra - captured,
  };
}

export function chargesAtReturn(frozen, facts, rates) {
  const terms = { ...DEFAULTS, ...frozen };
  return [...late(terms, facts, rates), ...used(terms, facts, rates.fee), ...damaged(facts, rates.compensation)];
}

function line(code, kind, gross, vatBp, params = {}) {
  const net = halfUp(gross * BASIS_POINTS, BASIS_POINTS + vatBp);
  return { code, kind, gross, net, vat: gross - net, vat_bp: vatBp, params };
}

const halfUp = (numerator, denominator) => Math.floor((numerator * 2 + denominator) / (denominator * 2));

// --- Lateness ------------------------------------------------------------------------------------------

function* late(terms, { starts_at: startsAt, ends_at: endsAt, presented_at: presentedAt }, rates) {
  const minutes = Math.floor((Date.parse(presentedAt) - Date.parse(endsAt)) / 60_000);
  if (minutes <= terms.late_grace_minutes) return;
  const [start, end] = [secondsOf(startsAt), secondsOf(endsAt)];
  const extraTime = cheapest(start, secondsOf(presentedAt), terms) - cheapest(start, end, terms);
  if (extraTime) yield line("late_time", "rental", extraTime, rates.rental, { minutes });
  const fee = lateFee(minutes, terms);
  if (fee) yield line("late_fee", "fee", fee, rates.fee, { minutes });
}

export function lateFee(minutes, terms) {
  if (minutes <= terms.late_grace_minutes) return 0;
  const further = Math.max(0, up(minutes - 60, 60));
  const fee = terms.late_first_hour_amount + further * terms.late_next_hour_amount;
  return Math.min(fee, Math.floor((terms.day_amount * LATE_FEE_CAP_BP) / BASIS_POINTS));
}

// --- Kilometres, energy, dirt, damage ---------------------------------------------------------------------

export function includedKm({ starts_at: startsAt, ends_at: endsAt }, terms) {
  const seconds = secondsOf(endsAt) - secondsOf(startsAt);
  const hours = up(seconds % DAY, HOUR);
  return terms.included_km_per_day * Math.floor(seconds / DAY) + up(terms.included_km_per_day * hours, 24);
}

function* used(terms, facts, feeBp) {
  const extraKm = facts.distance_km - includedKm(facts, terms);
  if (extraKm > 0 && terms.extra_km_amount) {
    const params = { km: extraKm, unit_amount: terms.extra_km_amount };
    yield line("extra_km", "fee", extraKm * terms.extra_km_amount, feeBp, params);
  }
  const missing = terms.return_battery_percent - facts.battery_end_percent;
  if (missing > 0 && terms.energy_fee_amount) {
    const params = { percent: missing, unit_amount: terms.energy_fee_amount };
    yield line("energy", "fee", up(missing, ENERGY_STEP_PERCENT) * terms.energy_fee_amount, feeBp, params);
  }
  if (facts.is_dirty && terms.cleaning_fee_amount) yield line("cleaning", "fee", terms.cleaning_fee_amount, feeBp);
}

function* damaged({ damages = [], liability_amount: liability = 0 }, vatBp) {
  for (const { part, amount } of damages) {
    if (!amount) continue;
    const isLimited = liability > 0 && liability < amount;
    const params = isLimited ? { part, full_amount: amount } : { part };
    yield line("damage", "compensation", isLimited ? liability : amount, vatBp, params);
  }
}

// --- The price of time: the cheapest bundle of months, weeks, days and hours (rentals/pricing/tickets.py) ---

function cheapest(start, end, terms) {
  const seconds = end - start;
  const dear = dearSeconds(start, end, terms);
  let best = null;
  for (const counts of bundles(seconds, terms)) {
    const bundle = priced(counts, dear, terms);
    if (!best || isBefore(bundle, best)) best = bundle;
  }
  return best.base + Number((best.dearParts + PART - 1n) / PART);
}

const isBefore = (one, other) => {
  if (one.parts !== other.parts) return one.parts < other.parts;
  for (const place of [0, 1, 2]) if (one.counts[place] !== other.counts[place]) return one.counts[place] < other.counts[place];
  return false;
};

function* bundles(seconds, terms) {
  const isDaySold = terms.day_amount <= 24 * terms.hour_amount;
  const isWeekCheap = terms.week_amount <= 7 * Math.min(terms.day_amount, 24 * terms.hour_amount);
  for (let months = 0; months <= up(seconds, MONTH); months += 1) {
    const afterMonths = Math.max(0, seconds - months * MONTH);
    for (const weeks of isWeekCheap ? wholeOrStarted(afterMonths, WEEK) : upTo(afterMonths, WEEK)) {
      const afterWeeks = Math.max(0, afterMonths - weeks * WEEK);
      for (const days of isDaySold ? wholeOrStarted(afterWeeks, DAY) : [0]) {
        yield [months, weeks, days, up(Math.max(0, afterWeeks - days * DAY), HOUR)];
      }
    }
  }
}

const wholeOrStarted = (seconds, size) => new Set([Math.floor(seconds / size), up(seconds, size)]);
const upTo = (seconds, size) => Array.from({ length: up(seconds, size) + 1 }, (_, number) => number);

// The dearest minutes go under the caps first, then under days, then under hours.
function priced(counts, dear, terms) {
  const [months, weeks, days, hours] = counts;
  let capped = months * MONTH + weeks * WEEK;
  let inDays = days * DAY;
  let dearParts = 0n;
  for (const { over, seconds } of dear) {
    const covered = Math.min(seconds, capped);
    const byDay = Math.min(seconds - covered, inDays);
    const byHour = seconds - covered - byDay;
    capped -= covered;
    inDays -= byDay;
    dearParts += BigInt(over) * (BigInt(byDay) * BigInt(terms.day_amount) + BigInt(byHour) * 24n * BigInt(terms.hour_amount));
  }
  const base = months * terms.month_amount + weeks * terms.week_amount + days * terms.day_amount + hours * terms.hour_amount;
  return { counts, base, dearParts, parts: BigInt(base) * PART + dearParts };
}

// How many seconds cost more, each under its highest multiplier alone, the dearest first (rentals/pricing/terms.py).
function dearSeconds(start, end, terms) {
  const multipliers = { holiday: terms.holiday_bp, weekend: terms.weekend_bp, peak: terms.peak_bp };
  const counted = { holiday: 0, weekend: 0, peak: 0 };
  for (let here = start; here < end; ) {
    const local = here + ZONE_SECONDS;
    const midnight = Math.floor(local / DAY) * DAY;
    const stop = Math.min(midnight + DAY, end + ZONE_SECONDS);
    countDay(counted, multipliers, terms, midnight, local - midnight, stop - midnight);
    here = stop - ZONE_SECONDS;
  }
  return Object.entries(counted)
    .map(([code, seconds]) => ({ code, seconds, over: multipliers[code] - BASIS_POINTS }))
    .sort((one, other) => other.over - one.over || (other.code > one.code ? 1 : -1));
}

function countDay(counted, multipliers, terms, midnight, first, last) {
  const iso = new Date(midnight * 1000).toISOString().slice(0, 10);
  const weekday = (Math.floor(midnight / DAY) + 3) % 7; // 1 January 1970 was a Thursday; Monday is 0.
  const named = [];
  if (terms.holidays.includes(iso) && multipliers.holiday > BASIS_POINTS) named.push("holiday");
  if (weekday >= SATURDAY && multipliers.weekend > BASIS_POINTS) named.push("weekend");
  const whole = named.reduce((most, code) => (most === "" || multipliers[code] > multipliers[most] ? code : most), "");
  const level = whole ? multipliers[whole] : BASIS_POINTS;
  const inPeak = terms.peak_bp > level ? peakSeconds(terms, weekday, iso, first, last) : 0;
  counted.peak += inPeak;
  if (whole) counted[whole] += last - first - inPeak;
}

function peakSeconds(terms, weekday, iso, first, last) {
  const windows = terms.peaks
    .filter(([day, , , since, until]) => day === weekday && since <= iso && (!until || iso <= until))
    .map(([, starts, ends]) => [starts * MINUTE, ends * MINUTE])
    .sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  let counted = 0;
  let reached = first;
  for (const [starts, ends] of windows) {
    const [from, to] = [Math.max(starts, reached), Math.min(ends, last)];
    if (from < to) {
      counted += to - from;
      reached = to;
    }
  }
  return counted;
}
