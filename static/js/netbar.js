// The bar that tells staff whether the portal answers. navigator.onLine is not trusted: it is asked.
const EVERY_MS = 30_000;
const TIMEOUT_MS = 5_000;

export function mount(bar) {
  const text = bar.querySelector("[data-net-text]");
  let isOnline = true;

  addEventListener("online", check);
  addEventListener("offline", () => show(false));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && check());
  setInterval(() => document.visibilityState === "visible" && check(), EVERY_MS);
  // A form sent into the void would take the photos and the signature with it.
  document.addEventListener("submit", (event) => {
    if (isOnline || event.target.method !== "post") return;
    event.preventDefault();
    text.textContent = bar.dataset.textBlocked;
    bar.scrollIntoView();
    check();
  });
  check();

  async function check() {
    try {
      const answer = await fetch(bar.dataset.netProbe, {
        method: "HEAD",
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      show(answer.ok);
    } catch {
      show(false);
    }
  }

  function show(online) {
    isOnline = online;
    const state = online ? "online" : "offline";
    if (bar.dataset.net === state) return;
    bar.dataset.net = state;
    text.textContent = online ? bar.dataset.textOnline : bar.dataset.textOffline;
    for (const icon of bar.querySelectorAll("[data-net-icon]")) icon.hidden = icon.dataset.netIcon !== state;
  }
}
