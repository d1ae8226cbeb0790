// Shows what goes back to the payer: [data-change] on a form, with data-asked and a field named tendered.
import { dong } from "./note-pad.js";

export function mount(form) {
  const asked = Number(form.dataset.asked);
  const field = form.elements.namedItem("tendered");
  const line = form.querySelector("[data-change-line]");
  const amount = form.querySelector("[data-change-amount]");
  if (!field || !line || !amount || !Number.isFinite(asked)) return;
  form.addEventListener("input", show);
  show();

  function show() {
    const given = Number(field.value.replace(/[\s.,₫đ]/g, "") || Number.NaN);
    line.hidden = !(given > asked);
    amount.textContent = given > asked ? dong(given - asked) : "";
  }
}
