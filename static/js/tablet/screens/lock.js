// The lock screen: who it is, and their PIN. With network the server checks it, without it this tablet does.
import { here, navigate, register } from "../app.js";
import * as copies from "../copies.js";
import { fill, piece, slot } from "../dom.js";
import * as vault from "../vault.js";
import { word } from "../words.js";

const DIGITS = 6;
let root = null;
let chosen = null;
let pin = "";
let isTrying = false;

register("lock", {
  template: "screen-lock",
  isOpen: true,
  needsSnapshot: false,
  async mount(element) {
    root = element;
    chosen = null;
    pin = "";
    root.addEventListener("click", press);
    addEventListener("keydown", type);
    document.addEventListener("tablet:unlocked", goOn);
    await draw();
    await refresh();
  },
  unmount() {
    removeEventListener("keydown", type);
    document.removeEventListener("tablet:unlocked", goOn);
    root?.removeEventListener("click", press);
    root = null;
    chosen = null;
    pin = "";
  },
});

// Somebody who is still signed in goes on; else the list of people is brought up to date.
async function refresh() {
  if (await vault.resume()) return;
  try {
    await vault.askPeople();
    await draw();
  } catch (error) {
    await draw(error.code);
  }
}

async function draw(trouble = "") {
  if (!root || chosen) return;
  const record = await copies.update();
  if (!root || chosen) return;
  const isRevoked = record.wiped !== null;
  const people = arranged(record);
  view(isRevoked ? "revoked" : people.length ? "people" : "nobody");
  slot(root, "title").hidden = isRevoked;
  const list = slot(root, "people");
  list.replaceChildren(...people.map((one) => row(one, record)));
  const isExpired = !isRevoked && Object.keys(record.copies).length === 0 && trouble !== "";
  fill(root, { expired: isExpired && people.length > 0, stranger: trouble === "tablet_unknown" });
}

function arranged({ people, copies: kept, last }) {
  const known = new Map(people.map((one) => [one.id, one]));
  for (const [id, { name, role }] of Object.entries(kept)) if (!known.has(id)) known.set(id, { id, name, role });
  return [...known.values()].sort((one, other) => (other.id === last) - (one.id === last));
}

function row(one, record) {
  const element = piece("lock-person");
  element.dataset.person = one.id;
  fill(element, {
    name: one.name,
    role: word(`role.${one.role}`),
    offline: one.id in record.copies,
    locked: Boolean(one.locked),
  });
  return element;
}

function view(name) {
  for (const part of root.querySelectorAll("[data-view]")) part.hidden = part.dataset.view !== name;
}

// --- The keypad -----------------------------------------------------------------------------------------

function press(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.person) choose(button);
  else if (button.dataset.digit) add(button.dataset.digit);
  else if (button.dataset.key === "delete") remove();
  else if (button.dataset.key === "back") back();
}

function type(event) {
  if (!chosen || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[0-9]$/.test(event.key)) add(event.key);
  else if (event.key === "Backspace") remove();
  else if (event.key === "Escape") back();
}

function choose(button) {
  chosen = button.dataset.person;
  title(word("lock.pin", { name: slot(button, "name").textContent }));
  say("");
  show("");
  view("pin");
}

async function back() {
  if (isTrying) return;
  chosen = null;
  pin = "";
  title(word("lock.who"));
  await draw();
}

// Said by the heading, which takes the focus: what had it is gone.
function title(text) {
  const heading = slot(root, "title");
  heading.textContent = text;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function add(digit) {
  if (isTrying || pin.length >= DIGITS) return;
  show(pin + digit);
  if (pin.length === DIGITS) attempt();
}

const remove = () => !isTrying && show(pin.slice(0, -1));

function show(digits) {
  pin = digits;
  const dots = slot(root, "dots");
  dots.setAttribute("aria-label", word("lock.typed", { count: pin.length }));
  [...dots.children].forEach((dot, index) => dot.toggleAttribute("data-on", index < pin.length));
}

async function attempt() {
  isTrying = true;
  root.querySelector("[data-keypad]").setAttribute("aria-busy", "true");
  say(word("lock.checking"));
  try {
    // On "tablet:unlocked" the app draws what stands behind the lock.
    await vault.unlock(chosen, pin);
  } catch (error) {
    isTrying = false;
    await refuse(error);
  } finally {
    isTrying = false;
    root?.querySelector("[data-keypad]").removeAttribute("aria-busy");
  }
}

async function refuse(error) {
  if (!root) return;
  show("");
  if (error.code === "revoked") {
    await back();
    return;
  }
  const left = error.left === null || error.left === undefined ? "" : word("lock.left", { count: error.left });
  say(`${explained(error)} ${error.code === "pin_wrong" ? left : ""}`.trim(), "bad");
}

const KNOWN = ["pin_wrong", "pin_locked", "person_unknown", "expired", "copy", "tablet_unknown", "too_many_tries"];

function explained({ code, words }) {
  return words || word(`lock.${KNOWN.includes(code) ? code : "device"}`);
}

function say(text, kind = "") {
  const place = slot(root, "said");
  place.textContent = text;
  place.dataset.kind = kind;
}

// Whoever came to the lock's own address goes to the board.
function goOn() {
  if (here() === "lock") navigate("", { replace: true });
}

// What was read before lies in the memory of the page's other parts: it goes with the page.
document.addEventListener("tablet:wiped", () => location.reload());
