// The entry of the tablet app: hangs the screens in, keeps the top bar, and starts the parts that never sleep.
import { announce, guard, here, navigate, register, show, start } from "./app.js";
import { slot } from "./dom.js";
import * as snapshot from "./snapshot.js";
import { start as startSync, syncNow } from "./sync.js";
import { start as startUpdate } from "./update.js";
import * as vault from "./vault.js";
import { clock, counted, isSameDay, shortDay, word } from "./words.js";
import "./screens/board.js";
import "./screens/pickup.js";
import "./screens/return.js";
import "./screens/walk-in.js";
import "./screens/cash.js";
import "./screens/vehicles.js";
import "./screens/queue.js";
import "./screens/lock.js";

const YEAR = 365 * 86_400;
// As worker.js names them.
const SETTINGS = "voltgo-tablet-settings";
const LANGUAGE = "/station/tablet/language";
const net = { online: null, waiting: 0, attention: 0 };

register("nothing-yet", {
  template: "screen-nothing-yet",
  isOpen: false,
  needsSnapshot: false,
  mount(root) {
    const button = root.querySelector("[data-load-again]");
    const trouble = slot(root, "trouble");
    button.addEventListener("click", load);
    load();

    async function load() {
      button.disabled = true;
      say(word("nothing.loading"));
      try {
        await snapshot.refresh();
      } catch {
        // The words below say it.
      }
      button.disabled = false;
      if (snapshot.current()) await show();
      else say(word("nothing.failed"));
    }

    function say(text) {
      trouble.hidden = false;
      trouble.textContent = text;
    }
  },
});

guard({ isUnlocked: () => vault.isUnlocked(), hasSnapshot: () => Boolean(snapshot.current()) });

// --- The top bar -------------------------------------------------------------------------------------

function drawNet() {
  const bar = document.querySelector(".app-net");
  const state = net.attention ? "attention" : net.online === null ? "unknown" : net.online ? "online" : "offline";
  const said = [];
  said.push(word(net.online === null ? "net.connecting" : net.online ? "net.online" : "net.offline"));
  if (net.attention) said.push(counted("net.attention", net.attention));
  if (net.waiting) said.push(counted("net.waiting", net.waiting));
  said.push(dataAge());
  bar.dataset.net = state;
  const place = bar.querySelector("[data-net-text]");
  const text = said.filter(Boolean).join(" · ");
  if (place.textContent !== text) place.textContent = text;
  for (const mark of bar.querySelectorAll("[data-net-icon]")) mark.hidden = mark.dataset.netIcon !== state;
  const count = document.querySelector("[data-queue-count]");
  count.textContent = net.waiting + net.attention;
  count.hidden = !(net.waiting + net.attention);
}

function dataAge() {
  if (!vault.isUnlocked()) return "";
  const issued = snapshot.current()?.issued_at;
  if (!issued) return word("net.no-data");
  const isToday = isSameDay(issued, new Date().toISOString());
  return word(isToday ? "net.data" : "net.data-day", { time: clock(issued), day: shortDay(issued) });
}

function drawPerson() {
  const button = document.querySelector("[data-lock]");
  const person = vault.isUnlocked() ? vault.person() : null;
  button.hidden = !person;
  document.querySelector("[data-app-nav]").hidden = !person;
  document.body.toggleAttribute("data-locked", !person);
  document.querySelector("[data-person]").textContent = person?.name ?? "";
}

document.querySelector("[data-lock]").addEventListener("click", () => vault.lock());

document.querySelector("[data-language-switch]").addEventListener("click", async (event) => {
  // A plain cookie is how the server chooses the language; the worker holds the document in both, and goes by the
  // note beside it in browsers that do not let it read cookies.
  const chosen = event.currentTarget.dataset.languageSwitch;
  document.cookie = `django_language=${chosen}; path=/; max-age=${YEAR}; samesite=lax`;
  try {
    await (await caches.open(SETTINGS)).put(LANGUAGE, new Response(chosen));
  } catch {
    // Without a worker the server decides.
  }
  location.reload();
});

// --- What others tell ----------------------------------------------------------------------------------

document.addEventListener("tablet:net", ({ detail }) => {
  Object.assign(net, detail);
  drawNet();
});
document.addEventListener("tablet:snapshot", drawNet);
document.addEventListener("tablet:unlocked", async () => {
  drawPerson();
  try {
    await snapshot.load();
  } catch {
    // What cannot be read is as good as not there: the screen says that one connection is needed.
  }
  drawNet();
  await show();
  syncNow();
});
for (const name of ["tablet:locked", "tablet:wiped"]) {
  document.addEventListener(name, async () => {
    drawPerson();
    drawNet();
    await show();
  });
}
setInterval(drawNet, 60_000);
drawPerson();
drawNet();
if (vault.isUnlocked()) await snapshot.load().catch(() => null);
await start();
startSync();
startUpdate();

export { announce, here, navigate };
