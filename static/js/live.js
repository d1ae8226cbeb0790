// Keeps a part of a page fresh while something is under way: asks every second, then less and less often.
// data-live: address that answers {"html", "version", "is_reading", "is_pending", "summary"}.
const SOON = 1000;
const LATEST = 15_000;
const SLOWER = 1.5;

export function mount(element) {
  const said = document.getElementById(element.dataset.liveSaid);
  let version = element.dataset.liveVersion;
  let pause = SOON;
  let isPending = "livePending" in element.dataset;

  document.addEventListener("visibilitychange", () => !document.hidden && (pause = SOON));
  watch();

  async function watch() {
    while (isPending && element.isConnected) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (document.hidden) continue;
      try {
        const answer = await fetch(element.dataset.live, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (answer.ok) use(await answer.json());
        else pause = Math.min(LATEST, pause * 2);
      } catch {
        pause = Math.min(LATEST, pause * 2); // The network is away for a moment.
      }
    }
  }

  function use(news) {
    isPending = news.is_pending;
    const isNew = news.version !== version;
    pause = news.is_reading || isNew ? SOON : Math.min(LATEST, pause * SLOWER);
    if (!isNew) return;
    version = news.version;
    const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    element.innerHTML = news.html;
    if (focused) element.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
    if (said) said.textContent = news.summary;
  }
}
