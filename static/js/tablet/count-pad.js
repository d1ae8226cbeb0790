// Counting notes: how many of each, added up while they are typed.
//
// mount(place, output, notes, {onChange}) -> {counts()}; counts() is null until something was typed
import { piece } from "./dom.js";
import { dong, word } from "./words.js";

export function mount(place, output, notes, { onChange } = {}) {
  const rows = notes.map((note) => {
    const row = piece("cash-note-row");
    const input = row.querySelector("input");
    input.id = `cash-note-${note}`;
    input.dataset.note = note;
    input.setAttribute("aria-label", word("cash.of-note", { note: dong(note) }));
    row.querySelector("label").htmlFor = input.id;
    row.querySelector("label").textContent = dong(note);
    input.addEventListener("input", () => {
      input.value = input.value.replace(/\D/g, "");
      draw();
      onChange?.();
    });
    place.append(row);
    return { note, input, sum: row.querySelector("output") };
  });
  draw();

  function draw() {
    let total = 0;
    for (const { note, input, sum } of rows) {
      const number = Number(input.value);
      sum.textContent = number ? dong(number * note) : "";
      total += number * note;
    }
    output.textContent = dong(total);
  }

  return {
    counts() {
      if (rows.every(({ input }) => input.value === "")) return null;
      return Object.fromEntries(rows.map(({ note, input }) => [String(note), Number(input.value)]));
    },
  };
}

export const totalOf = (counts) => Object.entries(counts).reduce((sum, [note, number]) => sum + Number(note) * number, 0);
