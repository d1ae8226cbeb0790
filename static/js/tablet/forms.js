// Forms of one page: what lacks is said above them, a second tap does nothing, and what was typed stays.
import { fill } from "./dom.js";
import { StorageFull } from "./store.js";
import { word } from "./words.js";

// `work` returns the sentence that says what lacks, or nothing when it went on.
export function onSubmit(form, work) {
  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    try {
      lacks(form, (await work()) ?? "");
    } catch (error) {
      lacks(form, word(error instanceof StorageFull ? "flow.no-room" : "flow.failed"));
      if (!(error instanceof StorageFull)) reportError(error);
    } finally {
      isBusy = false;
    }
  });
}

function lacks(form, text) {
  const place = form.querySelector("[data-lacks]");
  place.hidden = !text;
  fill(place, { lacks: text });
  if (text) place.scrollIntoView({ block: "center" });
}

// Reads a field of digits: a number, or null while it is empty.
export function digits(field) {
  field.addEventListener("input", () => (field.value = field.value.replace(/\D/g, "")));
  return () => (field.value === "" ? null : Number(field.value));
}
