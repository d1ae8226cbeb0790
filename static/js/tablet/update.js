// Installs the worker that keeps the app, and tells when a new version has come. It waits until a person takes it:
// nobody is moved to another version in the middle of a handover, and what waits to be sent is named before.
import * as outbox from "./outbox.js";
import { counted, word } from "./words.js";

const LOOK_EVERY_MS = 3_600_000;

export async function start() {
  const { worker, appVersion } = document.body.dataset;
  if (!navigator.serviceWorker || !worker) return;
  const hadWorker = Boolean(navigator.serviceWorker.controller);
  const notice = document.querySelector("[data-update]");
  let isAsked = false;

  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!hadWorker && !isAsked) return; // The first worker of this tablet: nothing has changed.
    if (isAsked || !document.body.hasAttribute("data-flow")) location.reload();
    else offer(() => location.reload()); // Another tab took it; here somebody is at work.
  });

  let registration;
  try {
    registration = await navigator.serviceWorker.register(worker, { scope: "/station/", updateViaCache: "none" });
  } catch {
    return; // Without network, or where workers are switched off: the app runs, it only does not stay.
  }
  if (registration.waiting && hadWorker) offerTakeOver();
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming.addEventListener("statechange", () => {
      if (coming.state === "installed" && navigator.serviceWorker.controller) offerTakeOver();
    });
  });
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("tablet:session", ({ detail }) => {
    if (detail.app_version && detail.app_version !== appVersion) look();
  });
  outbox.onChange(() => notice && !notice.hidden && describe());

  function look() {
    registration.update().catch(() => null);
  }

  function offerTakeOver() {
    offer(() => {
      isAsked = true;
      (registration.waiting ?? registration.installing)?.postMessage("take-over");
    });
  }

  function offer(act) {
    if (!notice) return;
    notice.querySelector("button").onclick = act;
    describe();
  }

  async function describe() {
    const { unsent } = await outbox.counts();
    notice.querySelector("[data-update-text]").textContent = unsent ? counted("update.waiting", unsent) : word("update.ready");
    notice.querySelector("[data-update-act]").textContent = word(unsent ? "update.anyway" : "update.now");
    notice.hidden = false;
  }
}
