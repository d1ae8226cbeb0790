// Handing a vehicle over: one screen of seven steps, kept at every change, finished as one command.
import { textSha256 } from "../agreement.js";
import { register } from "../app.js";
import { doneHere } from "../board-data.js";
import { now as trueTime } from "../clock.js";
import * as drafts from "../drafts.js";
import { guided, refuse } from "../guided.js";
import { moneyDue } from "../money-due.js";
import * as outbox from "../outbox.js";
import { CHECKS } from "../pickup-checks.js";
import { commandOf } from "../pickup-record.js";
import * as steps from "../pickup-steps.js";
import * as snapshot from "../snapshot.js";
import * as vault from "../vault.js";
import { clock, period, when, word } from "../words.js";

const DRAWN = {
  papers: steps.papers,
  checklist: steps.look,
  photos: steps.pictures,
  readings: steps.meter,
  marks: steps.marks,
  sign: steps.sign,
  keys: steps.keys,
};

let open = null;

register("pickup/:code", {
  template: "screen-pickup",
  isFlow: true,
  async mount(root, { code }, isCurrent) {
    const key = `pickup:${code}`;
    const data = snapshot.current();
    const [draft, commands, now] = await Promise.all([drafts.open(key), outbox.list(), trueTime()]);
    if (!isCurrent()) return; // Somebody went on, or the tablet was locked.
    const done = doneHere(commands).get(`handed booking:${code}`);
    const booking = data.bookings.find((each) => each.code === code) ?? draft?.values.booking;
    if (done && !draft) return refuse(root, word("pickup.already", { code }), word("pickup.already-why", { time: clock(done.device_at) }));
    if (!booking) return refuse(root, word("pickup.unknown", { code }), word("pickup.unknown-why"));
    // New work needs new data; what was begun may be finished, and waits for the network with everything it has.
    if (!draft && now > Date.parse(data.valid_until)) return refuse(root, word("pickup.expired"), word("age.expired"));
    if (!draft && now < Date.parse(booking.opens_at)) return refuse(root, word("pickup.early"), word("pickup.early-why", { time: when(booking.opens_at), start: when(booking.starts_at) }));
    const state = await stateOf({ key, booking, data, draft, commands });
    if (isCurrent()) open = begin(root, state);
  },
  async unmount() {
    const closing = open;
    open = null;
    await closing?.close();
  },
});

async function stateOf({ key, booking, data, draft, commands }) {
  // How the vehicle stands may have changed since the booking was read; the later word counts.
  const standing = data.vehicles.find(({ code }) => code === booking.vehicle.code);
  const vehicle = { ...booking.vehicle, ...standing };
  const listName = vehicle.checklists.pickup;
  const text = booking.contract?.text ?? null;
  const textHash = text ? await textSha256(text) : "";
  const isPrepared = commands.some(({ kind, subject }) => kind === "vehicle_ready" && subject === `vehicle:${vehicle.code}`);
  return {
    key,
    booking,
    data,
    vehicle,
    listName: draft?.values.list_name ?? listName,
    list: data.checklists[draft?.values.list_name] ?? data.checklists[listName],
    person: vault.person(),
    textHash,
    hasText: Boolean(text) && (!booking.contract.text_sha256 || booking.contract.text_sha256 === textHash),
    isVehicleReady: vehicle.condition === "ready" || isPrepared,
    money: await moneyDue(booking, data),
    files: draft ? await drafts.files(key) : {},
    values: { ...fresh(booking, listName), ...draft?.values, booking },
  };
}

function fresh(booking, listName) {
  return {
    booking,
    list_name: listName,
    began_at: new Date().toISOString(),
    step: "papers",
    visited: [],
    papers: { seen: false, face: false, drivers: [] },
    checklist: { checked: [], red: [] },
    note: "",
    readings: { odometer_km: null, battery_percent: null, is_confirmed: false },
    marks: [],
    consented: false,
    signed_basis: "",
    record_sha256: "",
    signatures: { renter: null, staff: null },
    cash: null,
  };
}

function begin(root, state) {
  const { booking, vehicle } = state;
  const { plate } = vehicle;
  const { name } = booking.renter;
  const list = Object.entries(DRAWN).map(([id, draw]) => ({ id, draw, name: word(`pickup.step.${id}`), check: () => CHECKS[id](state) }));
  state.openSteps = () => list.filter(({ id, check }) => id !== "keys" && check()).map((step) => ({ name: step.name, why: step.check() }));
  return guided(root, state, {
    steps: list,
    title: word("pickup.title", { name }),
    about: [plate, vehicle.model, vehicle.bay, period(booking.starts_at, booking.ends_at), booking.code].filter(Boolean).join(" · "),
    finishWords: word("pickup.finish"),
    discardDialog: "pickup-discard",
    done: word("pickup.handed", { plate, name }),
    command: async () => ({
      kind: "pickup",
      subject: `booking:${booking.code}`,
      ticket: booking.ticket,
      title: word("pickup.command", { plate, name }),
      ...(await commandOf(state, { keysAt: new Date().toISOString() })),
    }),
  });
}
