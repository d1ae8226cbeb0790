// The seven steps of a return as they are drawn. Each takes the state and tells what changed by `changed()`.
import { line } from "./agreement.js";
import { lateFee } from "./charges.js";
import { address, clone, fill, make, note } from "./dom.js";
import * as lookList from "./parts/checklist.js";
import * as photoSet from "./parts/photos.js";
import * as pinBoard from "./parts/pins.js";
import * as meters from "./parts/readings.js";
import * as signature from "./parts/signature.js";
import { basisOf, CHECKS, includedOf, settlementOf, wordsOf } from "./return-record.js";
import * as snapshot from "./snapshot.js";
import { clock, dong, duration, km, percent, spoken, when, word } from "./words.js";

const EARLIER = [0, 5, 10, 15, 30];

// --- When it came ----------------------------------------------------------------------------------------

export function arrival(place, state) {
  const { rental, values, discard, changed } = state;
  place.append(clone("return-arrival"));
  place.querySelector("[data-facts]").append(
    line(word("return.vehicle"), `${rental.vehicle.plate} · ${rental.vehicle.model}`),
    line(word("return.out-since"), when(rental.started_at)),
    line(word("return.due"), when(rental.due_at)),
  );
  place.querySelector("[data-discard]").addEventListener("click", discard);
  const choices = place.querySelector("[data-earlier]");
  for (const minutes of EARLIER) {
    const text = minutes ? word("return.earlier", { count: minutes }) : word("return.just-now");
    const button = make("button", { type: "button", className: "chip", textContent: text });
    button.addEventListener("click", () => {
      state.presentEarlier(minutes);
      changed();
      draw();
    });
    button.dataset.minutes = minutes;
    choices.append(button);
  }
  fill(place, { why: word("return.stopped") });
  draw();

  function draw() {
    fill(place, { time: word("return.time", { time: clock(values.presented_true) }) });
    for (const button of choices.children) button.setAttribute("aria-pressed", String(Number(button.dataset.minutes) === values.earlier));
    place.querySelector("[data-late]").replaceChildren(lateness(rental, values));
  }
}

function lateness({ due_at: dueAt, terms }, { presented_true: presentedAt }) {
  const minutes = Math.floor((Date.parse(presentedAt) - Date.parse(dueAt)) / 60_000);
  if (minutes <= 0) return note("ok", word("return.in-time"));
  if (minutes <= terms.late_grace_minutes) return note("ok", word("return.late", { duration: duration(minutes) }));
  const fee = lateFee(minutes, terms);
  const said = word("return.late-fee", { duration: duration(minutes), grace: terms.late_grace_minutes });
  return note("warn", said, fee ? `${word("charge.late_fee", { duration: duration(minutes) })}: ${dong(fee)}` : "");
}

// --- The vehicle -----------------------------------------------------------------------------------------

export async function photos(place, { rental, list, files, keepFile, changed }) {
  place.append(clone("return-photos"));
  const value = {};
  for (const { code } of list.photos) if (files[`photo:${code}`]) value[code] = files[`photo:${code}`];
  const before = await picturesOfPickup(rental);
  if (!Object.keys(before).length) place.querySelector("[data-before]").append(note("info", word("return.no-before")));
  return photoSet.mount(place.querySelector("[data-part]"), {
    positions: list.photos,
    value,
    before,
    async onPhoto(code, blob) {
      await keepFile(`photo:${code}`, blob);
      changed();
    },
  });
}

// {position: address}. They wait for the network for a moment at most.
async function picturesOfPickup({ pickup }) {
  const found = {};
  const wanted = (pickup?.photos ?? []).map(async ({ position, id }) => {
    const blob = await snapshot.thumbnail(id);
    if (blob) found[position] = address(blob);
  });
  await Promise.race([Promise.all(wanted), new Promise((done) => setTimeout(done, 2_500))]);
  return { ...found };
}

export function readings(place, { rental, values, changed }) {
  place.append(clone("return-readings"));
  meters.mount(place.querySelector("[data-part]"), {
    value: values.readings,
    known: { odometer_km: rental.pickup?.odometer_km, battery_percent: rental.pickup?.battery_percent },
    isReturn: true,
    onChange(value) {
      values.readings = value;
      changed();
    },
  });
}

export function checklist(place, { rental, list, values, changed }) {
  place.append(clone("return-checklist"));
  const fee = rental.terms.cleaning_fee_amount;
  fill(place, { dirty: fee ? word("return.dirty", { amount: dong(fee) }) : word("return.dirty-free") });
  lookList.mount(place.querySelector("[data-part]"), {
    list,
    value: values.checklist,
    onChange(value) {
      values.checklist = value;
      draw();
      changed();
    },
  });
  const dirty = place.querySelector("[data-dirty]");
  dirty.checked = values.is_dirty;
  dirty.addEventListener("change", () => {
    values.is_dirty = dirty.checked;
    changed();
  });
  const field = place.querySelector("#return-note");
  field.value = values.note;
  field.addEventListener("input", () => {
    values.note = field.value.trim();
    changed();
  });
  draw();

  function draw() {
    fill(place, { "note-when": word(values.checklist.red.length ? "return.note-needed" : "return.note-optional") });
  }
}

export function marks(place, { rental, values, files, keepFile, changed }) {
  place.append(clone("return-marks"));
  const pictured = {};
  for (const { key } of values.marks) pictured[key] = files[`mark:${key}`];
  pinBoard.mount(place.querySelector("[data-part]"), {
    kind: rental.vehicle.kind,
    known: rental.pickup?.marks ?? [],
    value: values.marks,
    photos: pictured,
    hasCharge: true,
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

// --- The money -------------------------------------------------------------------------------------------

export function charges(place, state) {
  place.append(clone("return-charges"));
  const why = CHECKS.charges(state);
  if (why) {
    place.querySelector("[data-trouble]").append(note("warn", why));
    place.querySelector(".key-points").hidden = true;
    return;
  }
  const { rental, values } = state;
  const found = settlementOf(state);
  fill(place, {
    about: word("return.about", {
      distance: km(values.readings.odometer_km - (rental.pickup?.odometer_km ?? 0)),
      included: km(includedOf(rental)),
      battery: percent(values.readings.battery_percent),
      time: clock(values.presented_true),
    }),
    vat: found.extra ? word("return.vat", { vat: dong(found.lines.reduce((sum, { vat }) => sum + vat, 0)) }) : "",
  });
  const extra = found.lines.map((each) => line(wordsOf(each, rental.vehicle.kind), dong(each.gross)));
  place.querySelector("[data-extra]").append(
    ...(extra.length ? [...extra, total(word("return.extra-total"), found.extra)] : [line(word("return.nothing"), dong(0))]),
  );
  place.querySelector("[data-deposit]").append(...depositLines(found));
  place.querySelector("[data-prepaid]").append(
    ...rental.prepaid.lines.map((each) => line(spoken(each), dong(each.gross))),
    total(word("return.rent"), rental.prepaid.total),
  );
}

function depositLines({ deposit, captured, released, retained, debt }) {
  return [
    line(word("return.deposit"), dong(deposit)),
    ...(captured ? [line(word("return.captured"), dong(captured))] : []),
    total(word("return.released"), released),
    ...(retained ? [line(word("return.retained"), dong(retained))] : []),
    ...(debt ? [total(word("return.debt"), debt)] : []),
  ];
}

function total(label, amount) {
  const row = line(label, dong(amount));
  row.className = "lines-total";
  return row;
}

export async function accept(place, state) {
  const { rental, data, values, keepFile, files, changed } = state;
  place.append(clone("return-accept"));
  const trouble = place.querySelector("[data-trouble]");
  const why = CHECKS.charges(state);
  if (why) {
    trouble.append(note("warn", why));
    place.querySelector("fieldset").hidden = true;
    return null;
  }
  const found = settlementOf(state);
  place.querySelector("[data-sums]").append(
    line(word("return.extra-total"), dong(found.extra)),
    ...depositLines(found),
    line(word("return.total"), dong(found.total)),
  );
  fill(place, { later: word("return.later", { hours: data.limits.objection_hours }) });
  const basis = await basisOf(state);
  if (values.signature && values.signed_basis !== basis) {
    trouble.append(note("warn", word("return.changed")));
    values.signature = null;
  }
  let pad = null;
  for (const radio of place.querySelectorAll("input[type=radio]")) {
    radio.checked = radio.value === values.acceptance;
    radio.addEventListener("change", () => {
      values.acceptance = radio.value;
      draw();
      changed();
    });
  }
  draw();
  changed();
  return { unmount: () => pad?.unmount() };

  function draw() {
    pad?.unmount();
    pad = null;
    const target = place.querySelector("[data-sign]");
    target.replaceChildren();
    if (values.acceptance !== "signature") return;
    pad = signature.mount(target, {
      label: word("return.sign", { name: rental.renter.name }),
      value: values.signature,
      async onChange(signed) {
        values.signature = signed && { strokes: signed.strokes, signed_at: signed.signed_at };
        values.signed_basis = basis;
        if (signed) await keepFile("signature:renter", signed.blob);
        else delete files["signature:renter"];
        changed();
      },
    });
  }
}
