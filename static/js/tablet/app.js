// The router of the tablet app. Screens register themselves for an address below /station/tablet/; the shell stays.
//
//   register("pickup/:code", {
//     template: "screen-pickup",     id of a <template> in the shell
//     async mount(root, params, isCurrent) {},
//                                    root is the <main> with the template's copy in it; isCurrent() tells, after
//                                    something was awaited, whether the screen still has the page
//     unmount() {},                  before another screen takes its place; may return a promise
//     isFlow: true,                  a guided flow: the navigation gives way to the flow's own bar
//     needsSnapshot: false,          drawn even when this tablet has never spoken with the server
//     isOpen: true,                  drawn while the tablet is locked (the lock screen itself)
//   });
import { clone, releaseAddresses } from "./dom.js";

const ROOT = "/station/tablet/";
const LOCK = "lock";
const screens = [];
const gates = { isUnlocked: () => true, hasSnapshot: () => true };
let current = null;
let turn = 0;

export function register(pattern, screen) {
  const names = [];
  const source = pattern
    .split("/")
    .filter(Boolean)
    .map((part) => (part.startsWith(":") ? (names.push(part.slice(1)), "([^/]+)") : part))
    .join("/");
  screens.push({ pattern, expression: new RegExp(`^${source}/?$`), names, screen });
}

// What has to hold before a screen is drawn; main.js says how to find out.
export function guard(found) {
  Object.assign(gates, found);
}

export const pathOf = (path) => `${ROOT}${path.replace(/^\//, "")}`;

// Goes to a screen: navigate("pickup/VG-7K2M4Q/"), navigate("") for the board.
export async function navigate(path, { replace = false } = {}) {
  const address = pathOf(path);
  if (replace) history.replaceState(null, "", address);
  else if (address !== location.pathname) history.pushState(null, "", address);
  await show();
}

export const here = () => decodeURI(location.pathname).slice(ROOT.length).replace(/\/$/, "");

// Draws the screen of the present address anew; called as well when the tablet is unlocked or locked.
export async function show() {
  const mine = ++turn;
  const { screen, params, name } = choose();
  const root = document.getElementById("main");
  await leave();
  if (mine !== turn) return; // Somebody went on meanwhile.
  root.replaceChildren(clone(screen.template));
  document.body.toggleAttribute("data-flow", Boolean(screen.isFlow));
  document.body.dataset.screen = name;
  mark(name);
  scrollTo(0, 0);
  current = screen;
  await screen.mount(root, params, () => mine === turn);
  if (mine !== turn) return;
  const heading = root.querySelector("h1");
  if (heading) {
    document.title = `${heading.textContent.trim()} · VoltGo`;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

function choose() {
  const path = here();
  const hit = find(path) ?? find("");
  if (!hit.screen.isOpen && !gates.isUnlocked()) return find(LOCK) ?? hit;
  if (hit.screen.needsSnapshot !== false && !hit.screen.isOpen && !gates.hasSnapshot()) return find("nothing-yet");
  return hit;
}

function find(path) {
  for (const { pattern, expression, names, screen } of screens) {
    const found = expression.exec(path);
    if (!found) continue;
    const params = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1])]));
    return { screen, params, name: pattern.split("/")[0] || "board" };
  }
  return null;
}

async function leave() {
  const before = current;
  current = null;
  await before?.unmount?.();
  releaseAddresses();
}

function mark(name) {
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// Says something that happened, for a few seconds, to eyes and screen readers.
let saying = 0;
export function announce(text, kind = "ok") {
  const place = document.querySelector("[data-toast]");
  clearTimeout(saying);
  place.textContent = text;
  place.dataset.kind = kind;
  place.hidden = false;
  saying = setTimeout(() => {
    place.hidden = true;
    place.textContent = "";
  }, 6000);
}

export function start() {
  addEventListener("popstate", () => show());
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || link.target) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !url.pathname.startsWith(ROOT) || link.hasAttribute("download")) return;
    event.preventDefault();
    navigate(url.pathname.slice(ROOT.length));
  });
  return show();
}
