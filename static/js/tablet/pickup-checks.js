// What a pickup still lacks, step by step, from the draft alone: the same whether a step was ever in sight or not.
import { counted, dong, word } from "./words.js";

const JUMP_KM = 300;

// state: {booking, vehicle, list, values, files, money, isVehicleReady, hasText}
export const CHECKS = {
  papers({ booking, values: { papers } }) {
    if (!booking.renter.eligible) return word("lacks.eligible");
    return papers.seen && papers.face ? "" : word("lacks.papers");
  },

  checklist({ list, values, isVehicleReady }) {
    if (!isVehicleReady) return word("lacks.ready");
    const { checked, red } = values.checklist;
    const open = list.items.filter(({ code, is_mandatory: must }) => must && !checked.includes(code));
    const bad = open.filter(({ code }) => red.includes(code));
    if (bad.length) return counted("lacks.red", bad.length);
    return open.length ? counted("lacks.checklist", open.length) : "";
  },

  photos({ list, files }) {
    const missing = list.photos.filter(({ code, is_required: must }) => must && !files[`photo:${code}`]);
    return missing.length ? counted("lacks.photos", missing.length) : "";
  },

  readings({ vehicle, values: { readings } }) {
    const { odometer_km: odometer, battery_percent: battery, is_confirmed: isConfirmed } = readings;
    if (odometer === null || battery === null || battery > 100) return word("lacks.readings");
    if (battery < vehicle.minimum_battery) return word("lacks.low");
    const more = odometer - (vehicle.odometer_km ?? odometer);
    return (more < 0 || more > JUMP_KM) && !isConfirmed ? word("lacks.doubt") : "";
  },

  marks: () => "",

  sign(state) {
    if (!state.hasText) return word("lacks.contract");
    if (before(state)) return word("lacks.before-sign");
    const { consented, signatures } = state.values;
    if (!consented) return word("lacks.consent");
    if (!signatures.renter) return word("lacks.renter");
    return signatures.staff ? "" : word("lacks.staff");
  },

  keys({ money, values: { cash } }) {
    const missing = money.missing - (cash?.amount ?? 0);
    return missing > 0 ? word("lacks.money", { amount: dong(missing) }) : "";
  },
};

// What stands above the signatures has to be whole before anybody signs under it.
export const before = (state) => ["checklist", "photos", "readings"].find((step) => CHECKS[step](state)) ?? "";
