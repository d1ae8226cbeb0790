// Adds up counted notes while they are typed: [data-note-pad] around inputs with [data-note].
// For the eye only; the server adds up again.
export function mount(pad) {
  const rows = [...pad.querySelectorAll("[data-note]")].map((input) => ({
    input,
    value: Number(input.dataset.note),
    sum: input.closest(".note-row")?.querySelector("[data-note-sum]"),
  }));
  const line = pad.querySelector("[data-note-total]");
  const all = pad.querySelector("[data-note-all]");
  if (!line || !all) return;
  line.hidden = false;
  pad.addEventListener("input", show);
  show();

  function show() {
    let total = 0;
    for (const { input, value, sum } of rows) {
      const number = /^\d{1,6}$/.test(input.value) ? Number(input.value) : 0;
      total += number * value;
      if (sum) sum.textContent = number ? dong(number * value) : "";
    }
    all.textContent = dong(total);
  }
}

export function dong(amount) {
  return `${String(amount).replace(/\B(?=(\d{3})+$)/g, ".")}\u00a0₫`;
}
