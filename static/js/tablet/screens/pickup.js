// Handing a vehicle over: one screen of seven steps, kept at every change, finished as one command.
import { textSha256 } from "../agreement.js";
import { announce, navigate, register } from "../app.js";
import { doneHere } from "../board-data.js";
import { now as trueTime } from "../clock.js";
import { fill, piece } from "../dom.js";
import * as drafts from "../drafts.js";
import { flow } from "../flow.js";
import { moneyDue } from "../money-due.js";
import * as outbox from "../outbox.js";
import { CHECKS } from "../pickup-checks.js";
import { commandOf } from "../pickup-record.js";
import * as steps from "../pickup-steps.js";
import * as snapshot from "../snapshot.js";
import { StorageFull } from "../store.js";
import * as vault from "../vault.js";
import { clock, period, when, word } from "../words.js";

const WAIT_MS = 400; // Keystrokes follow each other; one write for all of them is enough.
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
  async mount(root, { code }) {
    const key = `pickup:${code}`;
    const data = snapshot.current();
    const [draft, commands, now] = await Promise.all([drafts.open(key), outbox.list(), trueTime()]);
    const done = doneHere(commands).get(`handed booking:${code}`);
    const booking = data.bookings.find((each) => each.code === code) ?? draft?.values.booking;
    if (done && !draft) return refuse(root, word("pickup.already", { code }), word("pickup.already-why", { time: clock(done.device_at) }));
    if (!booking) return refuse(root, word("pickup.unknown", { code }), word("pickup.unknown-why"));
    // New work needs new data; what was begun may be finished, and waits for the network with everything it has.
    if (!draft && now > Date.parse(data.valid_until)) return refuse(root, word("pickup.expired"), word("age.expired"));
    if (!draft && now < Date.parse(booking.opens_at)) return refuse(root, word("pickup.early"), word("pickup.early-why", { time: when(booking.opens_at), start: when(booking.starts_at) }));
    const state = await stateOf({ key, booking, data, draft, commands });
    open = begin(root, state);
  },
  async unmount() {
    const closing = open;
    open = null;
    await closing?.close();
  },
});

function refuse(root, title, why) {
  root.replaceChildren(fill(piece("pickup-unknown"), { title, why }));
}

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
  const { key, booking, vehicle, values, files } = state;
  let timer = 0;
  let isOver = false;
  const list = Object.entries(DRAWN).map(([id, draw]) => ({
    id,
    name: word(`pickup.step.${id}`),
    check: () => CHECKS[id](state),
    mount: (place) => mountStep(draw, place),
  }));
  Object.assign(state, {
    changed,
    discard,
    openSteps: () => list.filter(({ id, check }) => id !== "keys" && check()).map(({ name, check }) => ({ name, why: check() })),
    // The picture is on the disk before it counts.
    async keepFile(role, blob) {
      await drafts.putFile(key, role, blob);
      files[role] = blob;
    },
  });
  const shown = flow(root, {
    title: word("pickup.title", { name: booking.renter.name }),
    about: [vehicle.plate, vehicle.model, vehicle.bay, period(booking.starts_at, booking.ends_at), booking.code].filter(Boolean).join(" · "),
    steps: list,
    start: values.step,
    visited: values.visited,
    finishWords: word("pickup.finish"),
    onStep(id) {
      values.step = id;
      changed();
    },
    onLater: () => navigate(""),
    onFinish: finish,
  });
  const silence = drafts.onChange((told) => told.key === key && !isOver && shown.kept(told.state));
  changed();

  // A step may need a moment, to compute a hash; if it is left meanwhile, what it drew goes with its place.
  function mountStep(draw, place) {
    const part = document.createElement("div");
    place.append(part);
    let mounted = null;
    let isGone = false;
    Promise.resolve(draw(part, state)).then((found) => {
      mounted = found ?? null;
      if (isGone) mounted?.unmount?.();
    });
    return {
      unmount() {
        isGone = true;
        mounted?.unmount?.();
      },
    };
  }

  function changed() {
    shown?.update();
    clearTimeout(timer);
    timer = setTimeout(store, WAIT_MS);
  }

  function store() {
    clearTimeout(timer);
    timer = 0;
    return isOver ? null : drafts.save(key, values).catch(() => null); // What failed is said by `kept`.
  }

  function leaving() {
    if (document.visibilityState === "hidden") store();
  }
  document.addEventListener("visibilitychange", leaving);

  async function finish() {
    await store();
    try {
      const { payload, files: carried } = await commandOf(state, { keysAt: new Date().toISOString() });
      const { plate } = vehicle;
      const { name } = booking.renter;
      isOver = true;
      await outbox.enqueue({
        kind: "pickup",
        subject: `booking:${booking.code}`,
        ticket: booking.ticket,
        payload,
        files: carried,
        title: word("pickup.command", { plate, name }),
        draft: key,
      });
      announce(word("pickup.handed", { plate, name }));
      await navigate("", { replace: true });
    } catch (error) {
      isOver = false;
      if (error instanceof StorageFull) shown.lacks(word("flow.no-room"));
      else if (error instanceof outbox.DraftGone) shown.lacks(word("flow.gone"));
      else {
        shown.lacks(word("flow.failed"));
        reportError(error);
      }
    }
  }

  function discard() {
    const dialog = piece("pickup-discard");
    root.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.querySelector("[data-no]").addEventListener("click", () => dialog.close());
    dialog.querySelector("[data-yes]").addEventListener("click", async () => {
      isOver = true;
      dialog.close();
      await drafts.discard(key);
      await navigate("", { replace: true });
    });
    dialog.showModal();
  }

  return {
    async close() {
      document.removeEventListener("visibilitychange", leaving);
      if (timer) await store();
      isOver = true;
      await drafts.settled(key);
      silence();
      shown.unmount();
    },
  };
}
