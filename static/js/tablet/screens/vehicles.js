// The vehicles of the station: prepare, plug in and out, report a fault. Each is one command.
import { shrink } from "../../photo.js";
import { announce, navigate, pathOf, register } from "../app.js";
import { needsWork } from "../board-data.js";
import { address, clone, fill, icon, make, note, piece, rows, tag } from "../dom.js";
import { digits, onSubmit } from "../forms.js";
import { refuse } from "../guided.js";
import * as outbox from "../outbox.js";
import * as checklist from "../parts/checklist.js";
import * as snapshot from "../snapshot.js";
import { clock, counted, km, percent, shortDay, spoken, word } from "../words.js";

const PHOTOS = 4;
const FILTERS = {
  all: () => true,
  work: (vehicle) => needsWork(vehicle),
  ready: ({ condition }) => condition === "ready",
  out: ({ condition }) => condition === "on_rental",
};
const KINDS = ["vehicle_ready", "charge_start", "charge_end", "fault"];
let filter = "all";

register("vehicles", {
  template: "screen-vehicles",
  mount(root) {
    const place = root.querySelector("[data-vehicles]");
    place.append(clone("vehicles-list"));
    const chips = Object.keys(FILTERS).map((name) => {
      const chip = make("button", { type: "button", className: "chip", textContent: word(`vehicles.${name}`) });
      chip.addEventListener("click", () => {
        filter = name;
        draw();
      });
      chip.dataset.filter = name;
      return chip;
    });
    place.querySelector("[data-filters]").append(...chips);
    draw();

    function draw() {
      for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.filter === filter));
      const found = snapshot.current().vehicles.filter(FILTERS[filter]);
      rows(place.querySelector("ul"), found.map(row));
    }
  },
});

register("vehicles/:code", { template: "screen-vehicles", mount: (root, { code }) => draw(root, code, detail) });
register("vehicles/:code/prepare", { template: "screen-vehicles", mount: (root, { code }) => draw(root, code, prepare) });
register("vehicles/:code/plug", { template: "screen-vehicles", mount: (root, { code }) => draw(root, code, (...all) => charge(...all, "plug")) });
register("vehicles/:code/unplug", { template: "screen-vehicles", mount: (root, { code }) => draw(root, code, (...all) => charge(...all, "unplug")) });
register("vehicles/:code/fault", { template: "screen-vehicles", mount: (root, { code }) => draw(root, code, fault) });

async function draw(root, code, drawn) {
  const data = snapshot.current();
  const vehicle = data.vehicles.find((each) => each.code === code);
  const place = root.querySelector("[data-vehicles]");
  if (!vehicle) return refuse(root, word("vehicles.unknown"), word("vehicles.unknown-why"));
  place.replaceChildren();
  await drawn(place, vehicle, data);
}

function row(vehicle) {
  const { code, plate, model, bay, battery_percent: battery } = vehicle;
  const line = piece("board-job");
  fill(line, { time: percent(battery), day: "", title: plate, about: [model, bay].filter(Boolean).join(" · "), later: "" });
  line.querySelector("[data-tags]").append(...tagsOf(vehicle));
  const link = line.querySelector("[data-act]");
  link.hidden = false;
  link.href = pathOf(`vehicles/${code}/`);
  link.classList.add("btn-ghost");
  link.append(word("vehicles.open"), make("span", { className: "visually-hidden", textContent: ` ${plate}` }));
  return line;
}

function tagsOf(vehicle) {
  const { condition, battery_percent: battery, minimum_battery: least, next, free_until: freeUntil } = vehicle;
  const words = snapshot.current().conditions[condition];
  const isLow = battery < least && condition !== "on_rental";
  return [
    tag(capital(spoken(words)), { ready: "ok", preparation: "warn", maintenance: "bad", missing: "bad" }[condition] ?? "info"),
    isLow && tag(word("board.low", { percent: percent(battery), least: percent(least) }), "warn"),
    next && tag(word("board.next", { time: `${clock(next.starts_at)} ${shortDay(next.starts_at)}` }), "info"),
    !next && condition === "ready" && freeUntil && tag(word("vehicles.free-until", { time: `${clock(freeUntil)} ${shortDay(freeUntil)}` })),
  ].filter(Boolean);
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// --- One vehicle ---------------------------------------------------------------------------------------

async function detail(place, vehicle) {
  place.append(clone("vehicle-detail"));
  const { code, plate, model, bay, condition, battery_percent: battery, odometer_km: odometer } = vehicle;
  fill(place, { title: plate, about: [model, bay, percent(battery), km(odometer)].filter(Boolean).join(" · ") });
  place.querySelector("[data-tags]").append(...tagsOf(vehicle));
  const isHere = condition !== "on_rental" && condition !== "missing";
  place.querySelector("[data-acts]").append(
    ...[
      condition === "preparation" && act(`vehicles/${code}/prepare/`, "prepare", "circle-check"),
      isHere && act(`vehicles/${code}/plug/`, "plug", "plug-zap", true),
      isHere && act(`vehicles/${code}/unplug/`, "unplug", "battery-charging", true),
      act(`vehicles/${code}/fault/`, "fault", "wrench", true),
    ].filter(Boolean),
  );
  place.querySelector("[data-done]").append(...(await doneHere(code)));
}

function act(path, name, symbol, isQuiet = false) {
  const link = piece("vehicle-act");
  link.href = pathOf(path);
  link.classList.toggle("btn-ghost", isQuiet);
  link.append(icon(symbol), make("span", { textContent: word(`vehicles.${name}`) }));
  return link;
}

// What was done to it at this tablet and the snapshot does not yet know.
async function doneHere(code) {
  const issued = snapshot.current().issued_at;
  const commands = (await outbox.all()).filter(({ kind, subject, device_at: at }) => KINDS.includes(kind) && subject === `vehicle:${code}` && at > issued);
  return commands.map(({ kind, state, device_at: at }) => {
    const isTrouble = ["conflict", "rejected"].includes(state);
    const text = word("vehicles.at", { what: word(`kind.${kind}`), time: clock(at) });
    return note(isTrouble ? "bad" : "info", text, state === "applied" ? "" : word(isTrouble ? "cash.person" : "board.waits"));
  });
}

// --- Forms ---------------------------------------------------------------------------------------------

function prepare(place, vehicle, data) {
  const form = show(place, "vehicle-prepare", vehicle, "prepare");
  const list = data.checklists[vehicle.checklists.preparation];
  let checked = [];
  fill(form, { least: word("vehicles.least", { percent: percent(vehicle.minimum_battery) }), last: word("vehicles.last", { km: km(vehicle.odometer_km) }) });
  checklist.mount(form.querySelector("[data-part]"), { list, onChange: (value) => (checked = value.checked) });
  const battery = digits(form.querySelector("#prepare-battery"));
  const odometer = digits(form.querySelector("#prepare-odometer"));
  onSubmit(form, () => {
    const open = list.items.filter(({ code, is_mandatory: must }) => must && !checked.includes(code));
    if (open.length) return counted("vehicles.lacks-checklist", open.length);
    if (battery() === null || battery() > 100) return word("vehicles.lacks-battery");
    if (battery() < vehicle.minimum_battery) return word("vehicles.low", { percent: percent(vehicle.minimum_battery) });
    if (odometer() !== null && odometer() < vehicle.odometer_km) return word("vehicles.lower", { km: km(vehicle.odometer_km) });
    const payload = {
      vehicle: vehicle.code,
      battery_percent: battery(),
      odometer_km: odometer(),
      checklist: { template: vehicle.checklists.preparation, version: list.version, checked },
      note: form.querySelector("#prepare-note").value.trim(),
    };
    return store(vehicle, { kind: "vehicle_ready", payload, name: "ready" });
  });
}

function charge(place, vehicle, _data, name) {
  const form = show(place, "vehicle-charge", vehicle, name);
  form.querySelector("button").append(icon(name === "plug" ? "plug-zap" : "battery-charging"), word(`vehicles.${name}`));
  const battery = digits(form.querySelector("#charge-battery"));
  onSubmit(form, () => {
    if (battery() === null || battery() > 100) return word("vehicles.lacks-battery");
    const kind = name === "plug" ? "charge_start" : "charge_end";
    return store(vehicle, { kind, payload: { vehicle: vehicle.code, battery_percent: battery() }, name });
  });
}

function fault(place, vehicle, data) {
  const form = show(place, "vehicle-fault", vehicle, "fault");
  const pictures = new Map();
  form.querySelector("[data-severities]").append(
    ...data.fault_severities.map((each) => {
      const choice = piece("vehicle-severity");
      choice.querySelector("input").value = each.code;
      choice.querySelector("span").textContent = capital(spoken(each));
      return choice;
    }),
  );
  form.querySelector("select").append(...data.fault_parts.map((each) => make("option", { value: each.code, textContent: capital(spoken(each)) })));
  form.querySelector("[data-photos]").append(...Array.from({ length: PHOTOS }, (_, index) => photoTile(index, pictures)));
  onSubmit(form, () => {
    const severity = form.querySelector("input[name=fault-severity]:checked")?.value;
    const text = form.querySelector("#fault-text").value.trim();
    if (!severity) return word("vehicles.lacks-severity");
    if (!text) return word("vehicles.lacks-text");
    const payload = { vehicle: vehicle.code, severity, part: form.querySelector("select").value, text };
    const files = [...pictures.values()].map((blob, index) => ({ role: `photo:${index}`, blob }));
    return store(vehicle, { kind: "fault", payload, files, name: "fault" });
  });
}

function photoTile(index, pictures) {
  const tile = piece("part-photo");
  const name = word("vehicles.photo", { number: index + 1 });
  fill(tile, { name: "", label: name, trouble: "" });
  const input = tile.querySelector("input");
  input.setAttribute("aria-label", word("photos.take", { name }));
  input.addEventListener("change", async () => {
    if (!input.files[0]) return;
    const blob = await shrink(input.files[0]);
    pictures.set(index, blob);
    const label = tile.querySelector(".photo");
    const image = label.querySelector("img.photo-preview") ?? document.createElement("img");
    Object.assign(image, { className: "photo-preview", alt: "", src: address(blob) });
    label.prepend(image);
    label.classList.add("photo-full");
    label.querySelector(".photo-text").classList.add("photo-name");
  });
  return tile;
}

// --- What every form does ------------------------------------------------------------------------------

function show(place, id, { code, plate }, name) {
  place.append(clone(id));
  const form = place.querySelector("form");
  fill(form, { title: word(`vehicles.${name}-title`, { plate }) });
  Object.assign(form.querySelector("[data-back]"), { href: pathOf(`vehicles/${code}/`), textContent: plate });
  return form;
}

async function store({ code, plate, ticket }, { kind, payload, files = [], name }) {
  const title = word(`vehicles.command-${name}`, { plate });
  await outbox.enqueue({ kind, subject: `vehicle:${code}`, ticket, payload, files, title });
  announce(title);
  await navigate(`vehicles/${code}/`, { replace: true });
}
