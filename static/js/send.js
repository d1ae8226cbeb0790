// Sends a form with photographs in the background: shows how far it is, and keeps the pictures when the network is
// gone. The server answers {"next": address}, or 422 with {"errors": {field: [words]}, "message": words}.
import { complain, standing } from "./capture.js";

const PATIENCE = 90_000;

export function mount(form) {
  const button = form.querySelector("[data-capture-submit]");
  const panel = form.querySelector("[data-send-panel]");
  const bar = panel.querySelector("progress");
  const words = panel.querySelector("[data-send-words]");
  const trouble = form.querySelector("[data-send-trouble]");
  const reason = trouble.querySelector("[data-send-reason]");
  const texts = panel.dataset;

  // Until the photographs are there, the camera's button is the one to press.
  if (form.querySelector("[data-camera-offer]:not([hidden])")) weigh(standing(form));
  form.addEventListener("capture:change", ({ detail }) => weigh(detail));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  trouble.querySelector("[data-send-again]").addEventListener("click", send);
  window.addEventListener("online", () => {
    if (!trouble.hidden) tell(texts.textOnline);
  });

  function weigh({ missing, fresh }) {
    button.classList.toggle("btn-ghost", missing > 0 || fresh === 0);
  }

  function send() {
    if (button.disabled) return;
    const request = new XMLHttpRequest(); // fetch() does not say how far an upload is.
    request.open("POST", form.action || location.href);
    request.setRequestHeader("Accept", "application/json");
    request.timeout = PATIENCE;
    request.upload.addEventListener("progress", (event) => event.lengthComputable && advance(event.loaded / event.total));
    request.addEventListener("load", () => answered(request));
    for (const name of ["error", "timeout", "abort"]) request.addEventListener(name, () => tell(texts.textOffline));
    button.disabled = true;
    trouble.hidden = true;
    panel.hidden = false;
    advance(0);
    request.send(new FormData(form));
  }

  function advance(part) {
    const percent = Math.round(part * 100);
    bar.value = percent;
    // A reader of the screen hears a quarter at a time.
    const said = part === 1 ? texts.textChecking : `${texts.textSending} ${Math.floor(percent / 25) * 25}%`;
    if (words.textContent !== said) words.textContent = said;
  }

  function answered(request) {
    let answer = null;
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      answer = null;
    }
    if (request.status === 200 && answer?.next) location.assign(answer.next);
    else if (request.status === 422 && answer) refused(answer);
    else if (request.status === 429) tell(answer?.message ?? texts.textBusy);
    else if (request.status === 401 || request.status === 403 || request.status < 400) form.submit(); // Signed out: let the page say so.
    else tell(texts.textBusy);
  }

  function refused({ errors, message }) {
    tell(message);
    const bad = Object.entries(errors ?? {}).filter(([name]) => form.querySelector(`[data-shot="${name}"]`));
    for (const [name, said] of bad) complain(form.querySelector(`[data-shot="${name}"]`), said[0]);
    if (bad.length) form.querySelector(`[data-shot="${bad[0][0]}"] input`).focus();
  }

  function tell(said) {
    panel.hidden = true;
    button.disabled = false;
    reason.textContent = said;
    trouble.hidden = false;
  }
}
