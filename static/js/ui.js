// The one module every page loads. It fetches a component's code only when the component is on the page.
const COMPONENTS = {
  "[data-autosubmit]": () => import("./autosubmit.js"),
  "[data-capture]": () => import("./capture.js"),
  "[data-change]": () => import("./change.js"),
  "[data-copy]": () => import("./copy.js"),
  "[data-countdown]": () => import("./countdown.js"),
  "[data-dialog-open]": () => import("./dialog.js"),
  "[data-geolocate]": () => import("./geolocate.js"),
  "[data-live]": () => import("./live.js"),
  "[data-map]": () => import("./map.js"),
  "[data-net-probe]": () => import("./netbar.js"),
  "[data-note-pad]": () => import("./note-pad.js"),
  "[data-photo]": () => import("./photo.js"),
  "[data-pins]": () => import("./damage-pins.js"),
  "[data-print]": () => import("./print.js"),
  "[data-qr-scan]": () => import("./qr-scan.js"),
  "[data-review]": () => import("./review.js"),
  "[data-send]": () => import("./send.js"),
  "[data-signature]": () => import("./signature.js"),
};
const mounted = new WeakMap();
// From then on the page's other scripts, htmx among them, hear what a component announces.
const settled = new Promise((resolve) => {
  document.addEventListener("DOMContentLoaded", () => setTimeout(resolve), { once: true });
});

async function mountAll(scope) {
  for (const [selector, load] of Object.entries(COMPONENTS)) {
    const elements = [...scope.querySelectorAll(selector)];
    if (scope instanceof Element && scope.matches(selector)) elements.push(scope);
    for (const element of elements) {
      const names = mounted.get(element) ?? new Set();
      if (names.has(selector)) continue;
      mounted.set(element, names.add(selector));
      const { mount } = await load();
      mount(element, settled);
    }
  }
}

mountAll(document);
// htmx announces every piece of page that it swaps in.
document.addEventListener("htmx:load", (event) => mountAll(event.target));
