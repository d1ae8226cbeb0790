// Taking a vehicle back: one screen of seven steps, kept at every change, finished as one command.
import { register } from "../app.js";
import { doneHere } from "../board-data.js";
import { now as trueTime, offset } from "../clock.js";
import * as drafts from "../drafts.js";
import { guided, refuse } from "../guided.js";
import * as outbox from "../outbox.js";
import { CHECKS, commandOf } from "../return-record.js";
import * as steps from "../return-steps.js";
import * as snapshot from "../snapshot.js";
import { clock, period, word } from "../words.js";

const ORDER = ["arrival", "photos", "readings", "checklist", "marks", "charges", "accept"];
let open = null;

register("return/:code", {
  template: "screen-return",
  isFlow: true,
  async mount(root, { code }) {
    const key = `return:${code}`;
    const data = snapshot.current();
    const [draft, commands] = await Promise.all([drafts.open(key), outbox.list()]);
    const done = doneHere(commands).get(`returned booking:${code}`);
    const rental = data.rentals.find(({ booking }) => booking === code) ?? draft?.values.rental;
    if (done && !draft) return refuse(root, word("return.already", { code }), word("return.already-why", { time: clock(done.device_at) }));
    if (!rental) return refuse(root, word("return.unknown", { code }), word("return.unknown-why"));
    // A vehicle that stands at the counter is taken back, however old the data are: its rules are frozen.
    const state = await stateOf({ key, rental, data, draft });
    open = guided(root, state, {
      steps: ORDER.map((id) => ({ id, name: word(`return.step.${id}`), check: () => CHECKS[id](state), draw: steps[id] })),
      title: word("return.title", { name: rental.renter.name }),
      about: [rental.vehicle.plate, rental.vehicle.model, period(rental.booked.starts_at, rental.due_at), code].join(" · "),
      finishWords: word("return.finish"),
      discardDialog: "return-discard",
      command: () => finished(state),
      done: word("return.done", { plate: rental.vehicle.plate, name: rental.renter.name }),
    });
  },
  async unmount() {
    const closing = open;
    open = null;
    await closing?.close();
  },
});

async function stateOf({ key, rental, data, draft }) {
  const listName = draft?.values.list_name ?? rental.vehicle.checklists.return;
  const values = { ...(await fresh(rental, listName)), ...draft?.values };
  const state = {
    key,
    rental,
    data,
    listName,
    list: data.checklists[listName] ?? data.checklists[rental.vehicle.checklists.return],
    files: draft ? await drafts.files(key) : {},
    values,
    // The fee clock stopped when the renter stood there, not when somebody had time.
    presentEarlier(minutes) {
      const shift = (moment) => new Date(Math.max(Date.parse(moment) - minutes * 60_000, Date.parse(rental.started_at))).toISOString();
      values.earlier = minutes;
      values.presented_at = shift(values.opened_at);
      values.presented_true = shift(values.opened_true);
    },
  };
  return state;
}

async function fresh(rental, listName) {
  const device = new Date().toISOString();
  const real = new Date(await trueTime()).toISOString();
  // Begun at the counter's page already: that moment counts, in the tablet's own time.
  const known = rental.presented_at;
  const own = known ? new Date(Date.parse(known) - ((await offset()) ?? 0)).toISOString() : device;
  return {
    rental,
    list_name: listName,
    opened_at: own,
    opened_true: known ?? real,
    presented_at: own,
    presented_true: known ?? real,
    earlier: 0,
    step: "arrival",
    visited: [],
    readings: { odometer_km: null, battery_percent: null, is_confirmed: false },
    checklist: { checked: [], red: [] },
    is_dirty: false,
    note: "",
    marks: [],
    acceptance: "",
    signature: null,
    signed_basis: "",
  };
}

function finished(state) {
  const { rental } = state;
  const { payload, files } = commandOf(state, { finishedAt: new Date().toISOString() });
  return {
    kind: "return",
    subject: `booking:${rental.booking}`,
    ticket: rental.ticket,
    payload,
    files,
    title: word("return.command", { plate: rental.vehicle.plate, name: rental.renter.name }),
  };
}
