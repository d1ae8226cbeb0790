// A filter that applies itself: [data-autosubmit] on a form or on one control of it.
export function mount(element) {
  const form = element.closest("form");
  if (!form) return;
  for (const button of form.querySelectorAll("[data-autosubmit-hide]")) button.hidden = true;
  element.addEventListener("change", (event) => {
    // A half-typed date fires change too; the browser knows whether it is complete.
    if (event.target.validity?.valid) form.requestSubmit();
  });
}
