// "Near me": fills the form's hidden lat and lon and submits it. The button is hidden without JavaScript.
const TIMEOUT_MS = 8000;

export function mount(button) {
  const form = button.closest("form");
  if (!form || !navigator.geolocation) {
    button.hidden = true;
    return;
  }
  const state = form.querySelector("[data-geolocate-state]");

  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(use, fail, { timeout: TIMEOUT_MS, maximumAge: 60_000 });
  });

  function use({ coords }) {
    // Four decimals are about 11 m: enough to sort stations, and no more than that is sent.
    form.elements.lat.value = coords.latitude.toFixed(4);
    form.elements.lon.value = coords.longitude.toFixed(4);
    form.requestSubmit();
  }

  function fail() {
    button.disabled = false;
    if (state) state.textContent = button.dataset.textDenied ?? "";
  }
}
