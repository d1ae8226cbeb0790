// The seven steps of a pickup as they are drawn. Each takes the state and tells what changed by `changed()`.
import { fullText, keyPoints, line } from "./agreement.js";
import { pathOf } from "./app.js";
import { clone, fill, make, note, piece, tag } from "./dom.js";
import { likely } from "./money-due.js";
import * as checklist from "./parts/checklist.js";
import * as photos from "./parts/photos.js";
import * as pins from "./parts/pins.js";
import * as readings from "./parts/readings.js";
import * as signature from "./parts/signature.js";
import { before } from "./pickup-checks.js";
import { signedBasis } from "./pickup-record.js";
import { day, dong, km, percent, spoken, when, word } from "./words.js";

const onBooking = ({ code }, rest = "") => `/station/bookings/${code}/${rest}`;

// --- Papers --------------------------------------------------------------------------------------------

export function papers(place, { booking, data, values, changed, discard }) {
  place.append(clone("pickup-papers"));
  const { renter, drivers } = booking;
  const eligibility = renter.eligible
    ? note("ok", word("pickup.eligible"))
    : note("bad", word("pickup.not-eligible"), ...renter.reasons.map(spoken));
  place.querySelector("[data-eligibility]").append(eligibility);
  place.querySelector("[data-people]").append(
    person(renter, word("pickup.renter"), booking),
    ...drivers.map((driver) => withTick(person(driver, word("pickup.driver"), booking), driver, values, changed)),
  );
  for (const box of place.querySelectorAll("[data-tick]")) {
    box.checked = values.papers[box.dataset.tick];
    box.addEventListener("change", () => {
      values.papers[box.dataset.tick] = box.checked;
      changed();
    });
  }
  fill(place, { unknown: word("pickup.known-until", { time: when(data.issued_at) }) });
  place.querySelector("[data-booking-page]").href = onBooking(booking);
  place.querySelector("[data-discard]").addEventListener("click", discard);
}

function person({ name, born_on: bornOn, papers: held, phone_masked: phone, eligible, reasons }, role, booking) {
  const card = piece("pickup-person");
  const { licence, identity, face_compared: isCompared } = held;
  fill(card, {
    role,
    name,
    born: bornOn ? word("pickup.age", { day: day(bornOn), age: ageAt(bornOn, booking.starts_at) }) : word("pickup.no-paper"),
    licence: licence ? word("pickup.class", { classes: licence.classes, number: licence.number_masked }) : word("pickup.no-paper"),
    expires: licence?.expires_on ? day(licence.expires_on) : "–",
    identity: identity ? `${spoken(identity.label)} ${identity.number_masked}` : word("pickup.no-paper"),
    phone: phone || "–",
  });
  card.querySelector("[data-tags]").append(tag(word(isCompared ? "pickup.face-done" : "pickup.face-open"), isCompared ? "ok" : "warn"));
  if (role !== word("pickup.renter") && !eligible) card.append(note("warn", ...reasons.map(spoken)));
  return card;
}

function withTick(card, { code, eligible }, { papers: compared }, changed) {
  const tick = card.querySelector("[data-driver]");
  tick.hidden = !eligible;
  const box = tick.querySelector("input");
  box.checked = compared.drivers.includes(code);
  box.addEventListener("change", () => {
    compared.drivers = compared.drivers.filter((each) => each !== code);
    if (box.checked) compared.drivers.push(code);
    changed();
  });
  return card;
}

function ageAt(bornOn, moment) {
  const [year, month, date] = bornOn.split("-").map(Number);
  const at = new Date(moment);
  const isBefore = at.getMonth() + 1 < month || (at.getMonth() + 1 === month && at.getDate() < date);
  return at.getFullYear() - year - (isBefore ? 1 : 0);
}

// --- The vehicle ---------------------------------------------------------------------------------------

export function look(place, { booking, vehicle, list, values, isVehicleReady, changed }) {
  place.append(clone("pickup-checklist"));
  if (!isVehicleReady) {
    const { plate, code } = vehicle;
    const warning = note("bad", word("pickup.vehicle-not-ready", { plate }));
    warning.querySelector(".note-body").append(
      make("a", { href: pathOf(`vehicles/${code}/`), textContent: word("pickup.prepare", { plate }) }),
    );
    place.querySelector("[data-vehicle-note]").append(warning);
  }
  checklist.mount(place.querySelector("[data-part]"), {
    list,
    value: values.checklist,
    onChange(value) {
      values.checklist = value;
      changed();
    },
  });
  const field = place.querySelector("#pickup-note");
  field.value = values.note;
  field.addEventListener("input", () => {
    values.note = field.value.trim();
    changed();
  });
  place.querySelector("[data-swap-page]").href = onBooking(booking);
}

export function pictures(place, { list, files, keepFile, changed }) {
  place.append(clone("pickup-photos"));
  const value = {};
  for (const { code } of list.photos) if (files[`photo:${code}`]) value[code] = files[`photo:${code}`];
  return photos.mount(place.querySelector("[data-part]"), {
    positions: list.photos,
    value,
    async onPhoto(code, blob) {
      await keepFile(`photo:${code}`, blob);
      changed();
    },
  });
}

export function meter(place, { vehicle, values, changed }) {
  place.append(clone("pickup-readings"));
  readings.mount(place.querySelector("[data-part]"), {
    value: values.readings,
    known: { odometer_km: vehicle.odometer_km },
    minimumBattery: vehicle.minimum_battery,
    onChange(value) {
      values.readings = value;
      changed();
    },
  });
}

export function marks(place, { vehicle, values, files, keepFile, changed }) {
  place.append(clone("pickup-marks"));
  const pictured = {};
  for (const { key } of values.marks) pictured[key] = files[`mark:${key}`];
  pins.mount(place.querySelector("[data-part]"), {
    kind: vehicle.kind,
    known: vehicle.marks ?? [],
    value: values.marks,
    photos: pictured,
    onChange(value) {
      values.marks = value;
      changed();
    },
    async onPhoto(key, blob) {
      await keepFile(`mark:${key}`, blob);
      changed();
    },
  });
}

// --- Signing -------------------------------------------------------------------------------------------

export async function sign(place, state) {
  const { booking, data, values, files, person: staff, changed, keepFile } = state;
  place.append(clone("pickup-sign"));
  const trouble = place.querySelector("[data-trouble]");
  const { contract } = booking;
  if (!state.hasText) {
    trouble.append(note("bad", word(contract?.text ? "pickup.damaged-text" : "lacks.contract")));
    return;
  }
  place.querySelector("[data-points]").append(...keyPoints(contract));
  place.querySelector("[data-text]").append(...fullText(contract.text));
  place.querySelector("[data-record]").append(...recordLines(state));
  const { consent: words } = data.contract;
  fill(place, { "consent-vi": words.vi, "consent-en": words.en });
  const box = place.querySelector("[data-consent]");
  if (before(state)) {
    trouble.append(note("warn", word("lacks.before-sign")));
    box.disabled = true;
    return;
  }
  const { basis, record_sha256: record } = await signedBasis(state);
  if (values.signed_basis && values.signed_basis !== basis) {
    trouble.append(note("warn", word("pickup.changed")));
    Object.assign(values, { consented: false, signatures: { renter: null, staff: null } });
  }
  Object.assign(values, { signed_basis: basis, record_sha256: record });
  box.checked = values.consented;
  box.addEventListener("change", () => {
    values.consented = box.checked;
    changed();
  });
  const pad = (who, label) =>
    signature.mount(place.querySelector(`[data-sign-${who}]`), {
      label,
      value: values.signatures[who],
      async onChange(signed) {
        values.signatures[who] = signed && { strokes: signed.strokes, signed_at: signed.signed_at };
        if (signed) await keepFile(`signature:${who}`, signed.blob);
        else delete files[`signature:${who}`];
        changed();
      },
    });
  const pads = [
    pad("renter", word("pickup.sign-renter", { name: booking.renter.name })),
    pad("staff", word("pickup.sign-staff", { name: staff.name })),
  ];
  changed();
  return { unmount: () => pads.forEach((each) => each.unmount()) };
}

function recordLines({ vehicle, list, values, files }) {
  const { readings: read, marks: fresh, note: said } = values;
  const names = fresh.map(({ part, kind }) => `${word(`part.${vehicle.kind}.${part}`)}: ${word(`damage.${kind}`)}`);
  const taken = list.photos.filter(({ code }) => files[`photo:${code}`]).length;
  return [
    line(word("pickup.odometer"), km(read.odometer_km)),
    line(word("pickup.battery"), percent(read.battery_percent)),
    line(word("pickup.photos"), `${taken}/${list.photos.length}`),
    line(word("pickup.marks"), names.join("; ") || word("pickup.no-marks")),
    ...(said ? [line(word("pickup.note"), said)] : []),
  ];
}

// --- Money and keys ------------------------------------------------------------------------------------

export function keys(place, state) {
  place.append(clone("pickup-keys"));
  fill(place, { offline: word("pickup.waits") });
  draw();

  function draw() {
    const { booking, vehicle, values } = state;
    place.querySelector("[data-money]").replaceChildren(...money(state, again));
    place.querySelector("[data-summary]").replaceChildren(
      line(word("pickup.vehicle"), `${vehicle.plate} · ${vehicle.model}`),
      ...recordLines(state),
      line(word("pickup.contract"), contractName(booking)),
      line(word("pickup.due"), when(booking.ends_at)),
      ...(values.cash ? [line(word("pickup.cash-taken"), dong(values.cash.amount))] : []),
    );
    const open = state.openSteps().map(({ name, why }) => word("flow.lacks", { name, why }));
    place.querySelector("[data-open]").replaceChildren(...(open.length ? [note("warn", ...open)] : []));
  }

  function again() {
    state.changed();
    draw();
  }
}

// A walk-in's contract gets its number when the server has it.
function contractName({ contract }) {
  if (!contract) return "–";
  return contract.number ? word("pickup.contract-version", contract) : word("walk.contract-later");
}

function money({ money: due, values, booking }, again) {
  if (values.cash) {
    const { amount, tendered } = values.cash;
    const said = note("ok", word("pickup.paid-cash", { amount: dong(amount), tendered: dong(tendered), change: dong(tendered - amount) }));
    const undo = make("button", { type: "button", className: "btn btn-ghost", textContent: word("pickup.undo-cash") });
    undo.addEventListener("click", () => {
      values.cash = null;
      again();
    });
    return [said, make("p", {}, undo)];
  }
  if (!due.missing) return [note("ok", word("pickup.paid"))];
  if (!due.inCash) return [withLink(note("bad", word("pickup.not-in-cash", { amount: dong(due.missing) })), onBooking(booking, "deposit/"), word("pickup.to-deposit"))];
  if (!due.session) return [withLink(note("bad", word("pickup.no-session", { amount: dong(due.missing) })), pathOf("cash/"), word("pickup.to-drawer"))];
  const shown = [cashCard(due, values, again)];
  if (due.inCash < due.missing) {
    const rest = note("warn", word("pickup.not-in-cash", { amount: dong(due.missing - due.inCash) }));
    shown.push(withLink(rest, onBooking(booking, "deposit/"), word("pickup.to-deposit")));
  }
  return shown;
}

function withLink(said, href, textContent) {
  said.querySelector(".note-body").append(make("p", {}, make("a", { href, textContent })));
  return said;
}

function cashCard({ inCash: amount, session }, values, again) {
  const card = piece("pickup-cash");
  const field = card.querySelector("input");
  const button = card.querySelector("[data-take]");
  let tendered = amount;
  fill(card, { title: word("pickup.cash-title", { amount: dong(amount) }) });
  button.textContent = word("pickup.take", { amount: dong(amount) });
  card.querySelector("[data-quick]").append(
    ...likely(amount).map((value) => {
      const quick = make("button", { type: "button", className: "chip", textContent: dong(value) });
      quick.addEventListener("click", () => take(value));
      return quick;
    }),
  );
  field.addEventListener("input", () => take(Number(field.value.replace(/\D/g, ""))));
  button.addEventListener("click", () => {
    if (tendered < amount) return field.focus();
    values.cash = { amount, tendered, session_ref: session };
    again();
  });
  take(amount);
  return card;

  function take(value) {
    tendered = value;
    field.value = value ? dong(value).replace(/\s*₫/, "") : "";
    const rest = value - amount;
    fill(card, { change: word(rest < 0 ? "pickup.short" : "pickup.change", { amount: dong(Math.abs(rest)) }) });
    button.setAttribute("aria-disabled", String(rest < 0));
  }
}

