// Somebody who walked in: person, papers, vehicle and price, then the steps of every pickup, finished as one command.
import { register } from "../app.js";
import { offset } from "../clock.js";
import * as drafts from "../drafts.js";
import { guided, refuse } from "../guided.js";
import { runningSession } from "../money-due.js";
import * as outbox from "../outbox.js";
import { CHECKS as PICKUP } from "../pickup-checks.js";
import { commandOf } from "../pickup-record.js";
import * as pickup from "../pickup-steps.js";
import * as snapshot from "../snapshot.js";
import * as vault from "../vault.js";
import { slotAt, takenHere } from "../walk-in-offers.js";
import * as own from "../walk-in-steps.js";
import { contractOf, filled, valuesFor } from "../walk-in-text.js";
import { word } from "../words.js";

const KEY = "walk_in:now";
const SHARED = { checklist: pickup.look, photos: pickup.pictures, readings: pickup.meter, marks: pickup.marks, sign: pickup.sign, keys: pickup.keys };
let open = null;

register("walk-in", {
  template: "screen-walk-in",
  isFlow: true,
  async mount(root) {
    const data = snapshot.current();
    const [draft, commands, off] = await Promise.all([drafts.open(KEY), outbox.all(), offset()]);
    const now = () => Date.now() + (off ?? 0);
    if (!draft && !slotAt(data.walk_in, now())) return refuse(root, word("walk.needs-network"), word("walk.needs-network-why"));
    const state = await stateOf({ data, draft, commands, now });
    const list = [
      ...["person", "identity", "choose"].map((id) => ({ id, name: word(`walk.step.${id}`), check: () => own.CHECKS[id](state), draw: own[id] })),
      ...Object.entries(SHARED).map(([id, draw]) => ({ id, name: word(`pickup.step.${id}`), check: () => shared(id, state), draw: drawn(id, draw) })),
    ];
    state.openSteps = () => list.filter(({ id, check }) => id !== "keys" && check()).map(({ name, check }) => ({ name, why: check() }));
    const { renter } = state.values;
    open = guided(root, state, {
      steps: list,
      title: renter.name ? word("walk.title-name", { name: renter.name }) : word("walk.title"),
      about: data.station.name,
      finishWords: word("pickup.finish"),
      discardDialog: "walk-in-discard",
      command: () => finished(state),
      done: () => word("walk.done", { plate: state.vehicle.plate, name: renter.name }),
    });
  },
  async unmount() {
    const closing = open;
    open = null;
    await closing?.close();
  },
});

// The steps of a pickup need a vehicle; without one there is nothing to look at.
function shared(id, state) {
  return own.CHECKS.choose(state) || PICKUP[id](state);
}

function drawn(id, draw) {
  return async (place, state) => {
    if (!state.vehicle) return own.choose(place, state);
    if (id === "sign") await state.write();
    return draw(place, state);
  };
}

async function stateOf({ data, draft, commands, now }) {
  const values = { ...fresh(), ...draft?.values };
  const taken = await takenHere(commands, outbox.wire, data.issued_at);
  const state = {
    key: KEY,
    data,
    now,
    taken,
    values,
    files: draft ? await drafts.files(KEY) : {},
    person: vault.person(),
    isVehicleReady: true,
    textHash: "",
    hasText: true,
    contract: null,
    get vehicle() {
      return data.vehicles.find(({ code }) => code === values.offer?.vehicle) ?? values.vehicle;
    },
    get listName() {
      return this.vehicle?.checklists.pickup;
    },
    get list() {
      return data.checklists[this.listName] ?? { items: [], photos: [] };
    },
    // What the shared steps know as a booking.
    get booking() {
      const { renter, offer } = values;
      return { code: "", vehicle: this.vehicle, renter: { name: renter.name, eligible: true, papers: { selfies: [] } }, drivers: [], contract: this.contract, ends_at: offer?.ends_at };
    },
    get money() {
      const due = values.offer ? values.offer.total + values.offer.deposit : 0;
      return { missing: due, inCash: due, session: runningSession(commands, data) };
    },
    // The agreement with everything filled in; its hash stands under both signatures.
    async write() {
      const { offer, renter } = values;
      if (!offer || !this.vehicle) return;
      const text = data.walk_in.texts[offer.text] ?? values.text;
      values.text = text;
      this.contract = await contractOf(filled(text, valuesFor(renter, { vehicle: this.vehicle, station: data.station, offer })));
      this.textHash = this.contract.text_sha256;
    },
    // Another vehicle: what was found of the first one says nothing of it.
    async take(offer) {
      const isOther = values.offer && values.offer.vehicle !== offer.vehicle;
      values.offer = offer;
      values.vehicle = data.vehicles.find(({ code }) => code === offer.vehicle);
      values.cash = null;
      if (isOther) await startOver(this);
      await this.write();
      this.changed();
    },
  };
  await state.write();
  return state;
}

async function startOver({ key, values, files }) {
  Object.assign(values, inspection());
  for (const role of Object.keys(files)) {
    if (!/^(photo|mark|signature):/.test(role)) continue;
    delete files[role];
    await drafts.removeFile(key, role);
  }
}

const inspection = () => ({
  checklist: { checked: [], red: [] },
  note: "",
  readings: { odometer_km: null, battery_percent: null, is_confirmed: false },
  marks: [],
  consented: false,
  signed_basis: "",
  record_sha256: "",
  signatures: { renter: null, staff: null },
});

function fresh() {
  return {
    began_at: new Date().toISOString(),
    title: "",
    step: "person",
    visited: [],
    renter: { name: "", phone: "", email: "", language: "vi", born_on: "", licence: { class: "", number: "", expires_on: "" } },
    papers: { seen: false, face: false, drivers: [] },
    until: "",
    offer: null,
    vehicle: null,
    cash: null,
    ...inspection(),
  };
}

async function finished(state) {
  await state.write();
  const { values, vehicle, data } = state;
  const { offer, renter, cash } = values;
  const { payload, files } = await commandOf(state, { keysAt: new Date().toISOString() });
  const { booking: _booking, cash: _cash, contract, ...rest } = payload;
  return {
    kind: "walk_in",
    ticket: data.walk_in.ticket,
    title: word("walk.command", { plate: vehicle.plate, name: renter.name }),
    payload: {
      renter: { ...renter, licence: { ...renter.licence, expires_on: renter.licence.expires_on || null } },
      vehicle: vehicle.code,
      ticket: vehicle.ticket,
      starts_at: offer.starts_at,
      ends_at: offer.ends_at,
      price: { total: offer.total, deposit: offer.deposit, table: offer.table },
      pickup: { ...rest, contract: { text_sha256: contract.text_sha256, template: data.walk_in.template, text: offer.text } },
      cash,
    },
    files: [...own.filesOf(state.files), ...files],
  };
}
