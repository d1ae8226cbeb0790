// The drawer of the station: open with a count, take, drop, close with a blind count. Everything is a command; what
// should lie in the drawer is never computed here.
import { line } from "../agreement.js";
import { announce, navigate, pathOf, register } from "../app.js";
import * as countPad from "../count-pad.js";
import { clone, fill, icon, make, piece, rows, tag } from "../dom.js";
import { onSubmit } from "../forms.js";
import { refuse } from "../guided.js";
import { likely, moneyDue, runningSession } from "../money-due.js";
import * as outbox from "../outbox.js";
import * as snapshot from "../snapshot.js";
import * as vault from "../vault.js";
import { clock, dong, when, word } from "../words.js";

const KINDS = ["cash_open", "cash_take", "cash_drop", "cash_close"];
const OPEN = "open";
let silence = () => null;

function screen(pattern, draw) {
  register(pattern, {
    template: "screen-cash",
    async mount(root, params) {
      const data = snapshot.current();
      const commands = await outbox.all();
      await draw(root.querySelector("[data-cash]"), { data, commands, session: runningSession(commands, data), ...params });
    },
    unmount() {
      silence();
      silence = () => null;
    },
  });
}

screen("cash", overview);
screen("cash/open", (place, state) => count(place, state, { kind: "cash_open", name: "open" }));
screen("cash/close", (place, state) => count(place, state, { kind: "cash_close", name: "close" }));
screen("cash/drop", drop);
screen("cash/take/:code", take);
screen("cash/slip/:id", slip);

// --- Overview ------------------------------------------------------------------------------------------

async function overview(place, { data, commands, session }) {
  place.append(clone("cash-overview"));
  const standing = standingOf(data, commands, session);
  fill(place, { title: standing.title, about: standing.about });
  place.querySelector("[data-acts]").append(
    ...(session
      ? [act("cash/close/", "cash.close", "lock"), act("cash/drop/", "cash.drop", "wallet", true)]
      : [act("cash/open/", "cash.open", "banknote")]),
  );
  const due = session && standing.isOpen ? await dueRows(data) : [];
  place.querySelector("[data-due]").hidden = !session;
  rows(place.querySelector("[data-due] ul"), due);
  rows(place.querySelector("[data-done] ul"), await doneRows(commands, session));
}

function standingOf(data, commands, session) {
  if (!session) return { title: word("cash.no-session"), about: word("cash.no-session-about"), isOpen: false };
  const known = data.cash.session?.id === session ? data.cash.session : null;
  if (known && known.state !== OPEN) return { title: word("cash.session", { name: known.opened_by_name }), about: word("cash.counting"), isOpen: false };
  const opening = commands.find(({ id }) => id === session);
  const name = known?.opened_by_name ?? vault.person().name;
  const time = known?.opened_at ?? opening?.device_at;
  return { title: word("cash.session", { name }), about: word("cash.session-about", { time: when(time) }), isOpen: true };
}

function act(path, name, symbol, isQuiet = false) {
  const link = piece("cash-act");
  link.href = pathOf(path);
  link.classList.toggle("btn-ghost", isQuiet);
  link.append(icon(symbol), make("span", { textContent: word(name) }));
  return link;
}

async function dueRows(data) {
  const found = [];
  for (const booking of data.bookings) {
    const { inCash } = await moneyDue(booking, data);
    if (inCash) found.push(job(booking.renter.name, `${booking.vehicle.plate} · ${booking.code}`, clock(booking.starts_at), { path: `cash/take/${booking.code}/`, words: word("cash.take", { amount: dong(inCash) }) }));
  }
  return found;
}

async function doneRows(commands, session) {
  const own = commands.filter(({ kind }) => KINDS.includes(kind));
  const since = own.findIndex(({ id }) => id === session);
  const shown = own.slice(Math.max(0, since)).slice(-12).reverse();
  return Promise.all(
    shown.map(async (command) => {
      const { payload } = await outbox.wire(command);
      const amount = payload.counts ? countPad.totalOf(payload.counts) : payload.amount;
      const row = job(word(`kind.${command.kind}`), [dong(amount), payload.booking ?? payload.bag].filter(Boolean).join(" · "), clock(command.device_at), { path: `cash/slip/${command.id}/`, words: word("cash.at") });
      row.querySelector("[data-act]").replaceChildren(icon("receipt"), make("span", { className: "visually-hidden", textContent: word(`cash.slip-${command.kind}`) }));
      row.querySelector("[data-act]").classList.add("btn-ghost");
      row.querySelector("[data-tags]").append(stateTag(command.state));
      return row;
    }),
  );
}

function stateTag(state) {
  if (state === "applied" || state === "resolved") return tag(word("cash.sent"), "ok");
  return ["conflict", "rejected"].includes(state) ? tag(word("cash.person"), "bad") : tag(word("board.waits"), "info");
}

function job(title, about, time, { path, words }) {
  const row = piece("board-job");
  fill(row, { title, about, time, day: "", later: "" });
  const link = row.querySelector("[data-act]");
  link.hidden = false;
  link.href = pathOf(path);
  link.textContent = words;
  return row;
}

// --- Counting ------------------------------------------------------------------------------------------

function count(place, { data, session }, { kind, name }) {
  // Two people at two tablets: whoever comes second sees how it stands.
  if (Boolean(session) === (kind === "cash_open")) return navigate("cash/", { replace: true });
  const form = show(place, "cash-count");
  fill(form, { title: word(`cash.${name}`), ask: word(`cash.${name}-ask`), "note-label": word(`cash.${name}-note`), hint: word(`cash.${name}-hint`) });
  form.querySelector("button").append(icon(kind === "cash_open" ? "banknote" : "lock"), word(`cash.${name}`));
  const pad = countPad.mount(form.querySelector("[data-notes]"), form.querySelector("[data-all]"), data.cash.notes);
  return onSubmit(form, async () => {
    const counts = pad.counts();
    if (!counts) return word("cash.nothing-counted");
    const said = form.querySelector("#cash-note").value.trim();
    const payload =
      kind === "cash_open"
        ? { drawer: data.cash.drawer.code, counts, reason: said }
        : { drawer: data.cash.drawer.code, counts, note: said, session_ref: session };
    return store(data, { kind, payload, title: word(`cash.command-${name}`) });
  });
}

// --- Taking and dropping -------------------------------------------------------------------------------

async function take(place, { data, session, code }) {
  const booking = data.bookings.find((each) => each.code === code);
  const { inCash: amount } = booking ? await moneyDue(booking, data) : { inCash: 0 };
  if (!amount) return refuse(place, word("cash.nothing-due", { code }), word("cash.nothing-due-why"));
  if (!session) return navigate("cash/", { replace: true });
  const form = show(place, "cash-take");
  const field = form.querySelector("#cash-tendered");
  let tendered = amount;
  fill(form, {
    title: word("cash.take-title", { name: booking.renter.name }),
    about: [booking.vehicle.plate, booking.vehicle.model, code].join(" · "),
    amount: word("cash.amount", { amount: dong(amount) }),
  });
  form.querySelector("button[type=submit]").append(icon("check"), word("cash.taken-button", { amount: dong(amount) }));
  form.querySelector("[data-quick]").append(
    ...likely(amount).map((value) => {
      const chip = make("button", { type: "button", className: "chip", textContent: dong(value) });
      chip.addEventListener("click", () => given(value));
      return chip;
    }),
  );
  field.addEventListener("input", () => given(digitsOf(field)));
  given(amount);
  return onSubmit(form, () => {
    if (tendered < amount) return word("cash.short", { amount: dong(amount - tendered) });
    const payload = { booking: code, amount, tendered, session_ref: session };
    return store(data, { kind: "cash_take", payload, title: word("cash.command-take", { amount: dong(amount), code }) });
  });

  function given(value) {
    tendered = value;
    field.value = grouped(value);
    const rest = value - amount;
    fill(form, { change: word(rest < 0 ? "cash.short" : "cash.change", { amount: dong(Math.abs(rest)) }) });
  }
}

function drop(place, { data, session }) {
  if (!session) return navigate("cash/", { replace: true });
  const form = show(place, "cash-drop");
  const field = form.querySelector("#cash-amount");
  field.addEventListener("input", () => (field.value = grouped(digitsOf(field))));
  return onSubmit(form, () => {
    const amount = digitsOf(field);
    const bag = form.querySelector("#cash-bag").value.trim();
    if (!amount) return word("cash.bad-amount");
    if (!bag) return word("cash.bad-bag");
    return store(data, { kind: "cash_drop", payload: { amount, bag, session_ref: session }, title: word("cash.command-drop", { amount: dong(amount), bag }) });
  });
}

const digitsOf = (field) => Number(field.value.replace(/\D/g, ""));
const grouped = (value) => (value ? dong(value).replace(/\s*₫/, "") : "");

// --- What every form does ------------------------------------------------------------------------------

function show(place, id) {
  place.replaceChildren(clone(id));
  return place.querySelector("form");
}

async function store(data, { kind, payload, title }) {
  const { code, ticket } = data.cash.drawer;
  const id = await outbox.enqueue({ kind, subject: `drawer:${code}`, ticket, payload, title });
  announce(title);
  await navigate(`cash/slip/${id}/`, { replace: true });
}

// --- The slip ------------------------------------------------------------------------------------------

async function slip(place, { data, commands, id }) {
  const command = commands.find((each) => each.id === id);
  if (!command) return navigate("cash/", { replace: true });
  const { payload, actor } = await outbox.wire(command);
  place.replaceChildren(clone("cash-slip"));
  fill(place, { title: word(`cash.slip-${command.kind}`), station: `${data.station.name}, ${data.station.address}` });
  const { counts } = payload;
  const lines = [
    payload.booking && [word("cash.of"), payload.booking],
    payload.tendered && [word("cash.received"), dong(payload.amount)],
    payload.tendered && [word("cash.tendered"), dong(payload.tendered)],
    payload.tendered && [word("cash.given-back"), dong(payload.tendered - payload.amount)],
    payload.bag && [word("cash.bag"), payload.bag],
    payload.bag && [word("cash.in-bag"), dong(payload.amount)],
    ...Object.entries(counts ?? {})
      .filter(([, number]) => number)
      .sort(([one], [other]) => other - one)
      .map(([value, number]) => [`${dong(Number(value))} × ${number}`, dong(value * number)]),
    counts && [word("cash.counted"), dong(countPad.totalOf(counts))],
    (payload.note || payload.reason) && [word("cash.note"), payload.note || payload.reason],
    [word("cash.by"), data.people.find((person) => person.id === actor)?.name ?? vault.person().name],
    [word("cash.at"), when(command.device_at)],
  ];
  place.querySelector("[data-lines]").append(...lines.filter(Boolean).map(([label, value]) => line(label, value)));
  silence = outbox.onChange(standing);
  await standing();

  async function standing() {
    const found = (await outbox.all()).find((each) => each.id === id);
    if (!found || !place.isConnected) return;
    const state = ["applied", "resolved"].includes(found.state) ? "cash.sent" : ["conflict", "rejected"].includes(found.state) ? "cash.person" : "cash.waits";
    fill(place, { state: word(state) });
  }
}

