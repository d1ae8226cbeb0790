// The day board: what is to go out, come back, be prepared; drafts on top; search and scan.
import { here, navigate, pathOf, register } from "../app.js";
import { ageHours, arrange, codeIn, isExpired, isTrouble, matches, needsWork, WARN_AFTER_HOURS } from "../board-data.js";
import { now as trueTime } from "../clock.js";
import { fill, icon, note, piece, rows, slot, tag } from "../dom.js";
import * as drafts from "../drafts.js";
import * as outbox from "../outbox.js";
import * as snapshot from "../snapshot.js";
import { clock, day, dong, duration, isSameDay, knows, percent, shortDay, word } from "../words.js";

const EVERY_MS = 30_000;
const PATHS = { pickup: "pickup", return: "return", walk_in: "walk-in" };

let root = null;
let wanted = "";
let scanner = null;
let leave = [];

register("", {
  template: "screen-board",
  async mount(element) {
    root = element;
    const field = root.querySelector("#board-find");
    field.value = wanted;
    field.addEventListener("input", () => {
      wanted = field.value;
      draw();
    });
    root.querySelector("[data-find]").addEventListener("submit", (event) => {
      event.preventDefault();
      openOnly();
    });
    root.querySelector("[data-scan]").addEventListener("click", scan);
    root.querySelector("[data-scan-stop]").addEventListener("click", stopScan);
    const timer = setInterval(draw, EVERY_MS);
    document.addEventListener("tablet:snapshot", draw);
    leave = [
      outbox.onChange(draw),
      () => clearInterval(timer),
      () => document.removeEventListener("tablet:snapshot", draw),
    ];
    await draw();
  },
  unmount() {
    stopScan();
    for (const undo of leave) undo();
    leave = [];
    root = null;
  },
});

async function draw() {
  // The tablet's own clock may be hours off; who is late is told by the server's.
  const [commands, open, now] = await Promise.all([outbox.list(), drafts.list(), trueTime()]);
  const data = snapshot.current();
  if (!root || !data) return;
  const board = arrange({ snapshot: data, commands, drafts: open, now });
  fill(root, {
    today: word("board.today", { day: day(new Date(now).toISOString()) }),
    counts: word("board.counts", { out: board.out.filter(({ command }) => !command).length, back: board.back.length, late: board.late.length }),
  });
  root.querySelector("[data-age]").replaceChildren(...[age(data, now)].filter(Boolean));
  put("drafts", board.drafts.map((draft) => draftRow(draft, data)), true);
  put("late", board.late.map((each) => backRow(each, now)), true);
  put("out", board.out.map((each) => outRow(each, data, now)));
  put("back", board.back.map((each) => backRow(each, now)));
  put("vehicles", board.vehicles.map(vehicleRow));
  put("done", board.done.map(doneRow), true);
  drawHits(data, board, now);
}

function age(data, now) {
  if (isExpired(data, now)) return note("bad", word("age.expired"));
  const hours = ageHours(data, now);
  return hours >= WARN_AFTER_HOURS ? note("warn", word("age.warn", { age: duration(hours * 60) })) : null;
}

function drawHits(data, board, now) {
  const section = root.querySelector("[data-list='hits']");
  section.hidden = !wanted.trim();
  if (section.hidden) return;
  const out = board.out.filter(({ booking }) => matches(wanted, booking));
  const back = [...board.late, ...board.back].filter(({ rental }) => matches(wanted, { ...rental, code: rental.booking }));
  const vehicles = data.vehicles.filter((vehicle) => matches(wanted, { vehicle }) && !out.length && !back.length);
  put("hits", [
    ...out.map((each) => outRow(each, data, now)),
    ...back.map((each) => backRow(each, now)),
    ...vehicles.map(vehicleRow),
  ]);
}

function put(name, elements, isHiddenWhenEmpty = false) {
  const section = root.querySelector(`[data-list="${name}"]`);
  section.querySelector(".count").textContent = elements.length;
  rows(section.querySelector("ul"), elements);
  if (isHiddenWhenEmpty) section.hidden = !elements.length;
}

// --- Rows ----------------------------------------------------------------------------------------------

function job({ time, dayWords = "", title, about, tags = [], act = null, later = "", look = "" }) {
  const row = piece("board-job");
  fill(row, { time, day: dayWords, title, about, later });
  row.querySelector("[data-tags]").append(...tags.filter(Boolean));
  if (look) row.classList.add(look);
  if (act) {
    const link = row.querySelector("[data-act]");
    link.hidden = false;
    link.href = pathOf(act.path);
    if (act.icon) link.append(icon(act.icon));
    link.append(act.words);
    link.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` ${title}` }));
    if (act.isQuiet) link.classList.add("btn-ghost");
  }
  return row;
}

function outRow({ booking, command }, data, now) {
  const { code, renter, vehicle, starts_at: startsAt } = booking;
  const today = new Date(now).toISOString();
  const common = {
    time: clock(startsAt),
    dayWords: isSameDay(startsAt, today) ? "" : shortDay(startsAt),
    title: renter.name,
    about: [vehicle.plate, vehicle.model, vehicle.bay, code].filter(Boolean).join(" · "),
  };
  if (command) return job({ ...common, tags: [commandTag(command, "handed")], look: "job-done" });
  const isLate = Date.parse(startsAt) < now;
  const standing = data.vehicles.find((each) => each.code === vehicle.code) ?? vehicle;
  const isOpen = now >= Date.parse(booking.opens_at ?? startsAt);
  const tags = [
    isLate && tag(word("board.not-here"), "warn"),
    !renter.eligible && tag(word("board.not-eligible"), "bad"),
    standing.condition !== "ready" && tag(word("board.not-ready"), "bad"),
    standing.condition === "ready" && standing.battery_percent < standing.minimum_battery &&
      tag(word("board.low", { percent: percent(standing.battery_percent), least: percent(standing.minimum_battery) }), "warn"),
    booking.missing_money > 0 && tag(word("board.missing", { amount: dong(booking.missing_money) }), "warn"),
    !booking.contract?.text && tag(word("board.no-contract"), "bad"),
  ];
  return job({
    ...common,
    tags,
    look: isLate ? "job-warn" : "",
    act: isOpen ? { path: `pickup/${code}/`, words: word("board.pickup"), icon: "key-round" } : null,
    later: isOpen ? "" : word("board.from", { time: clock(booking.opens_at) }),
  });
}

function backRow({ rental, command, lateMinutes }, now) {
  const { booking, renter, vehicle, due_at: dueAt } = rental;
  const today = new Date(now).toISOString();
  const isLate = lateMinutes > 0 && !command;
  return job({
    time: clock(dueAt),
    dayWords: isSameDay(dueAt, today) ? "" : shortDay(dueAt),
    title: renter.name,
    about: [vehicle.plate, vehicle.model, booking].filter(Boolean).join(" · "),
    tags: [command && commandTag(command, "returned"), isLate && tag(word("board.late", { time: duration(lateMinutes) }), "bad")],
    look: command ? "job-done" : isLate ? "job-bad" : "",
    act: command ? null : { path: `return/${booking}/`, words: word("board.return"), icon: "undo-2", isQuiet: !isLate },
  });
}

function commandTag(command, name) {
  const time = clock(command.device_at);
  if (isTrouble(command)) return tag(word("board.attention", { time }), "bad");
  const isThere = command.state === "applied" || command.state === "resolved";
  return tag(word(isThere ? `board.${name}-sent` : `board.${name}`, { time }), isThere ? "ok" : "info");
}

function vehicleRow(vehicle) {
  const { code, plate, model, bay, condition, battery_percent: battery, minimum_battery: least, next } = vehicle;
  const isOfWork = needsWork(vehicle);
  return job({
    time: percent(battery),
    title: plate,
    about: [model, bay].filter(Boolean).join(" · "),
    tags: [
      condition !== "ready" && tag(word("board.not-ready"), "warn"),
      battery < least && tag(word("board.low", { percent: percent(battery), least: percent(least) }), "warn"),
      next && tag(word("board.next", { time: `${clock(next.starts_at)} ${shortDay(next.starts_at)}` }), "info"),
    ],
    act: { path: `vehicles/${code}/`, words: word(isOfWork ? "board.prepare" : "board.go-on"), isQuiet: true },
  });
}

function draftRow({ key, kind, values, updated_at: updatedAt, person }, data) {
  const subject = key.slice(kind.length + 1);
  const about = data.bookings.find(({ code }) => code === subject) ?? data.rentals.find(({ booking }) => booking === subject);
  const who = data.people.find(({ id }) => id === person)?.name;
  const known = `board.draft-${kind}`;
  return job({
    time: clock(updatedAt),
    title: about?.renter.name || values.renter?.name || (kind === "walk_in" ? word("kind.walk_in") : subject),
    about: [about?.vehicle.plate, word("board.step", { time: clock(updatedAt) })].filter(Boolean).join(" · "),
    tags: [tag(word(knows(known) ? known : "board.draft-other"), "info"), who && tag(word("board.by", { name: who }))],
    act: { path: `${PATHS[kind] ?? kind}/${kind === "walk_in" ? "" : `${subject}/`}`, words: word("board.go-on") },
  });
}

function doneRow(command) {
  const name = `kind.${command.kind}`;
  return job({
    time: clock(command.device_at),
    title: command.title || word(knows(name) ? name : "kind.other"),
    about: command.title ? word(knows(name) ? name : "kind.other") : "",
    tags: [isTrouble(command) ? tag(word("board.attention", { time: clock(command.device_at) }), "bad") : command.state === "applied" ? null : tag(word("board.waits"), "info")],
  });
}

// --- Search and scan -----------------------------------------------------------------------------------

// Enter opens the one hit there is.
function openOnly() {
  const links = root.querySelectorAll("[data-list='hits'] [data-act]:not([hidden])");
  if (links.length === 1) links[0].click();
}

async function scan() {
  const panel = root.querySelector("[data-scan-panel]");
  say(word("board.aim"));
  panel.hidden = false;
  try {
    const { default: QrScanner } = await import("../../../vendor/qr-scanner/qr-scanner.min.js");
    scanner = new QrScanner(root.querySelector("video"), ({ data }) => read(data), { returnDetailedScanResult: true });
    await scanner.start();
  } catch {
    stopScan();
    if (!root) return;
    say(word("board.no-camera"));
    root.querySelector("#board-find").focus();
  }
}

async function read(text) {
  stopScan();
  const code = codeIn(text);
  const data = snapshot.current();
  if (here() !== "") return;
  if (data.bookings.some((booking) => booking.code === code)) return navigate(`pickup/${code}/`);
  if (data.rentals.some(({ booking }) => booking === code)) return navigate(`return/${code}/`);
  const field = root.querySelector("#board-find");
  field.value = code;
  wanted = code;
  say(word("board.read", { code }));
  await draw();
}

function stopScan() {
  scanner?.destroy();
  scanner = null;
  if (!root) return;
  root.querySelector("[data-scan-panel]").hidden = true;
  say("");
}

function say(text) {
  const place = slot(root, "scanned");
  place.hidden = !text;
  place.textContent = text;
}
