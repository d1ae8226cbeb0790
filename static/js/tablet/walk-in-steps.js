// The steps of a walk-in before those that it shares with every pickup.
import { clone, fill, icon, make, note, piece, rows, tag } from "./dom.js";
import * as photoSet from "./parts/photos.js";
import { classesIn, isStillGood, offersFor, slotAt } from "./walk-in-offers.js";
import { clock, counted, dong, duration, percent, shortDay, word } from "./words.js";

const PAPERS = ["licence-front", "licence-back", "identity-front", "identity-back", "selfie"];
// A passport has no back, and who rides a moped needs no licence.
const isNeeded = (code, { licence }) => code !== "identity-back" && (licence.class !== "" || !code.startsWith("licence"));
const LEAST_DIGITS = 9;

export const CHECKS = {
  person({ values: { renter } }) {
    if (renter.name.trim().length < 2) return word("lacks.name");
    if (renter.phone.replace(/\D/g, "").length < LEAST_DIGITS) return word("lacks.phone");
    if (!/^\S+@\S+\.\S+$/.test(renter.email)) return word("lacks.email");
    if (!renter.born_on) return word("lacks.born");
    return renter.licence.class && !renter.licence.number ? word("lacks.licence") : "";
  },

  identity({ files, values: { renter, papers } }) {
    const missing = PAPERS.filter((code) => isNeeded(code, renter) && !files[`paper:${code}`]);
    if (missing.length) return counted("lacks.papers-photos", missing.length);
    return papers.seen && papers.face ? "" : word("lacks.papers");
  },

  choose({ values: { offer }, now }) {
    if (!offer) return word("lacks.choice");
    if (offer.reasons.length) return word("lacks.may-not");
    return isStillGood(offer, now()) ? "" : word("walk.price-over");
  },
};

export function person(place, { data, values, changed, discard }) {
  place.append(clone("walk-in-person"));
  const { renter } = values;
  place.querySelector("#walk-class").append(
    make("option", { value: "", textContent: word("walk.no-class") }),
    ...classesIn(data.walk_in).map(({ code, label }) => make("option", { value: code, textContent: label })),
  );
  bind("[data-field]", renter, "field");
  bind("[data-licence]", renter.licence, "licence");
  place.querySelector("[data-discard]").addEventListener("click", discard);

  function bind(selector, target, name) {
    for (const field of place.querySelectorAll(selector)) {
      field.value = target[field.dataset[name]] ?? "";
      field.addEventListener("input", () => {
        target[field.dataset[name]] = field.value.trim();
        values.title = renter.name;
        changed();
      });
    }
  }
}

export function identity(place, { values, files, keepFile, changed }) {
  place.append(clone("walk-in-papers"));
  for (const box of place.querySelectorAll("[data-tick]")) {
    box.checked = values.papers[box.dataset.tick];
    box.addEventListener("change", () => {
      values.papers[box.dataset.tick] = box.checked;
      changed();
    });
  }
  const value = {};
  for (const code of PAPERS) if (files[`paper:${code}`]) value[code] = files[`paper:${code}`];
  return photoSet.mount(place.querySelector("[data-part]"), {
    positions: PAPERS.map((code) => ({ code, words: word(`walk.paper.${code}`), outline: "", is_required: isNeeded(code, values.renter) })),
    value,
    async onPhoto(code, blob) {
      await keepFile(`paper:${code}`, blob);
      changed();
    },
  });
}

export function choose(place, state) {
  const { data, values, now, changed } = state;
  place.append(clone("walk-in-choose"));
  draw();

  function draw() {
    const slot = slotAt(data.walk_in, now());
    if (!slot) {
      place.querySelector("[data-trouble]").replaceChildren(note("bad", word("walk.needs-network"), word("walk.needs-network-why")));
      rows(place.querySelector("ul"), []);
      return;
    }
    if (!slot.ends.some(([key]) => key === values.until)) values.until = (slot.ends[1] ?? slot.ends[0])[0];
    const ends = ([, minutes]) => new Date(Date.parse(slot.at) + minutes * 60_000).toISOString();
    place.querySelector("[data-until]").replaceChildren(
      ...slot.ends.map((each) => {
        const [key, minutes] = each;
        const label = /^\d/.test(key) ? duration(minutes) : word(`walk.until.${key}`);
        const chip = make("button", { type: "button", className: "chip", textContent: word("walk.until", { label, time: `${clock(ends(each))}${minutes > 720 ? ` ${shortDay(ends(each))}` : ""}` }) });
        chip.setAttribute("aria-pressed", String(key === values.until));
        chip.addEventListener("click", () => {
          values.until = key;
          changed();
          draw();
        });
        return chip;
      }),
    );
    fill(place, { begins: word("walk.begins", { time: clock(slot.at) }) });
    const offers = offersFor(data, { renter: values.renter, choice: values.until, now: now(), taken: state.taken });
    rows(place.querySelector("ul"), offers.map(row));
    const isOver = values.offer && !isStillGood(values.offer, now());
    place.querySelector("[data-trouble]").replaceChildren(...(isOver ? [note("warn", word("walk.price-over"))] : [note("info", word("walk.later-checked"))]));
  }

  function row(offer) {
    const vehicle = data.vehicles.find(({ code }) => code === offer.vehicle);
    const line = piece("walk-in-offer");
    const isChosen = values.offer?.vehicle === offer.vehicle && values.offer.ends_at === offer.ends_at;
    fill(line, {
      battery: percent(vehicle.battery_percent),
      title: `${vehicle.plate} · ${vehicle.model}`,
      about: vehicle.bay,
      total: word("walk.total", { amount: dong(offer.total) }),
      deposit: word("walk.deposit", { amount: dong(offer.deposit) }),
    });
    line.querySelector("[data-tags]").append(...offer.reasons.map((code) => tag(word(`walk.${code}`), "bad")));
    const button = line.querySelector("[data-choose]");
    button.append(...(isChosen ? [icon("check")] : []), word(isChosen ? "walk.chosen" : "walk.choose"), make("span", { className: "visually-hidden", textContent: ` ${vehicle.plate}` }));
    button.setAttribute("aria-pressed", String(isChosen));
    button.classList.toggle("btn-ghost", !isChosen);
    button.disabled = offer.reasons.length > 0;
    button.addEventListener("click", async () => {
      await state.take(offer);
      draw();
    });
    return line;
  }
}

export const filesOf = (files) => PAPERS.filter((code) => files[`paper:${code}`]).map((code) => ({ role: `paper:${code}`, blob: files[`paper:${code}`] }));
