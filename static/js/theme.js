// Runs before the first paint: applies the visitor's theme and tells the stylesheet that JavaScript works.
(() => {
  const KEY = "voltgo-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      const value = localStorage.getItem(KEY);
      return ["light", "dark", "sun"].includes(value) ? value : "";
    } catch {
      return ""; // Storage is refused in some private windows; the system's theme is fine then.
    }
  }

  function apply(choice) {
    if (choice) root.dataset.theme = choice;
    else delete root.dataset.theme;
    const shade = choice === "sun" ? "light" : choice;
    root.dataset.shade = shade || (system.matches ? "dark" : "light");
  }

  function toggle() {
    const next = root.dataset.shade === "dark" ? "light" : "dark";
    const isSystem = next === (system.matches ? "dark" : "light");
    try {
      if (isSystem) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, next);
    } catch {
      // The choice then lasts for this page only.
    }
    apply(isSystem ? "" : next);
  }

  // At the station: light, dark, and black on white for a counter in the sun.
  function cycle() {
    const order = ["light", "dark", "sun"];
    const now = stored() || root.dataset.shade;
    const next = order[(order.indexOf(now) + 1) % order.length];
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // The choice then lasts for this page only.
    }
    apply(next);
  }

  root.dataset.js = "";
  apply(stored());
  system.addEventListener("change", () => apply(stored()));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggle();
    if (event.target.closest("[data-theme-cycle]")) cycle();
  });
})();
