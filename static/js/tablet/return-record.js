// What a return lacks step by step, what it comes to, and what it sends.
import { includedKm, settle } from "./charges.js";
import { sha256OfValue } from "./hash.js";
import { counted, dong, duration, km, percent, word } from "./words.js";

const JUMP_KM = 3000;
const CHARGED = 30;
const ZONE_MS = 7 * 3_600_000;

// state: {rental, data, list, values, files}
export const CHECKS = {
  arrival: () => "",

  photos({ list, files }) {
    const missing = list.photos.filter(({ code, is_required: must }) => must && !files[`photo:${code}`]);
    return missing.length ? counted("lacks.photos", missing.length) : "";
  },

  readings({ rental, values: { readings } }) {
    const { odometer_km: odometer, battery_percent: battery, is_confirmed: isConfirmed } = readings;
    if (odometer === null || battery === null || battery > 100) return word("lacks.readings");
    const more = odometer - (rental.pickup?.odometer_km ?? odometer);
    const charged = battery - (rental.pickup?.battery_percent ?? battery);
    return (more < 0 || more > JUMP_KM || charged > CHARGED) && !isConfirmed ? word("lacks.doubt") : "";
  },

  // Not in order is an answer too, with a word on what was found.
  checklist({ list, values: { checklist, note } }) {
    const { checked, red } = checklist;
    const open = list.items.filter(({ code, is_mandatory: must }) => must && !checked.includes(code) && !red.includes(code));
    if (open.length) return counted("lacks.answers", open.length);
    return red.length && !note ? word("lacks.note") : "";
  },

  marks({ values, files }) {
    return values.marks.some(({ key, charge }) => charge && !files[`mark:${key}`]) ? word("lacks.charge-photo") : "";
  },

  charges(state) {
    if (["photos", "readings", "checklist", "marks"].some((step) => CHECKS[step](state))) return word("lacks.settled-first");
    return ratesOf(state) ? "" : word("return.no-rates");
  },

  accept(state) {
    const { acceptance, signature } = state.values;
    if (CHECKS.charges(state)) return CHECKS.charges(state);
    if (!acceptance) return word("lacks.acceptance");
    return acceptance === "signature" && !signature ? word("lacks.signature") : "";
  },
};

// The tax of what comes on top is that of the day on which the vehicle was presented, in Vietnam.
export function ratesOf({ data, values }) {
  const day = new Date(Date.parse(values.presented_true) + ZONE_MS).toISOString().slice(0, 10);
  const found = data.rates.find((each) => each.day === day);
  return found && found.rental !== null ? found : null;
}

export function settlementOf(state) {
  const { rental, values } = state;
  const facts = {
    presented_at: values.presented_true,
    odometer_km: values.readings.odometer_km,
    battery_percent: values.readings.battery_percent,
    is_dirty: values.is_dirty,
    damages: values.marks.map(({ part, charge }) => ({ part, amount: charge || 0 })),
  };
  return settle(rental, facts, ratesOf(state));
}

export const includedOf = ({ booked, terms }) => includedKm(booked, terms);

// A line in words of the page's language.
export function wordsOf({ code, params }, kind) {
  switch (code) {
    case "late_time":
    case "late_fee":
      return word(`charge.${code}`, { duration: duration(params.minutes) });
    case "extra_km":
      return word("charge.extra_km", { km: km(params.km), unit: dong(params.unit_amount) });
    case "energy":
      return word("charge.energy", { percent: percent(params.percent) });
    case "damage": {
      const part = word(`part.${kind}.${params.part}`);
      const name = params.full_amount ? "charge.damage-limited" : "charge.damage";
      return word(name, { part, full: dong(params.full_amount) });
    }
    default:
      return word(`charge.${code}`);
  }
}

// What the renter sees above their name; they sign again when any of it changes.
export const shownOf = ({ lines, extra, captured, released, debt }) => ({
  lines: lines.map(({ code, gross }) => ({ code, gross })),
  extra,
  captured,
  released,
  debt,
});

export const basisOf = (state) => sha256OfValue(shownOf(settlementOf(state)));

export function commandOf(state, { finishedAt }) {
  const { rental, list, listName, values, files } = state;
  const isSigned = values.acceptance === "signature";
  const payload = {
    booking: rental.booking,
    vehicle: rental.vehicle.code,
    presented_at: values.presented_at,
    odometer_km: values.readings.odometer_km,
    battery_percent: values.readings.battery_percent,
    checklist: { template: listName, version: list.version, checked: values.checklist.checked },
    is_dirty: values.is_dirty,
    note: values.note,
    marks: values.marks.map(({ key, part, kind, note, x, y, charge }, index) => ({
      part,
      kind,
      note,
      x,
      y,
      charge: charge || 0,
      file: files[`mark:${key}`] ? `mark:${index}` : null,
    })),
    shown: shownOf(settlementOf(state)),
    acceptance: values.acceptance,
    signature: isSigned ? values.signature : null,
    finished_at: finishedAt,
  };
  return { payload, files: carried(state, isSigned) };
}

function carried({ list, values, files }, isSigned) {
  const roles = [...(isSigned ? ["signature:renter"] : []), ...list.photos.map(({ code }) => `photo:${code}`)];
  const found = roles.filter((role) => files[role]).map((role) => ({ role, blob: files[role] }));
  values.marks.forEach(({ key }, index) => {
    const blob = files[`mark:${key}`];
    if (blob) found.push({ role: `mark:${index}`, blob });
  });
  return found;
}
