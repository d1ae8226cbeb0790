// The agreement of somebody who walked in: the server's wording with its places filled from what stands on the tablet.
// rentals/sync/walk_in_text.py fills it again when the command arrives, and has to come to the same hash.
import { textSha256 } from "./agreement.js";
import { dong } from "./words.js";

const PLACE = /\[\[([a-z_.]+)\]\]/g;
const NONE = "–";
const MASK = "•".repeat(9);
const ZONE = "Asia/Ho_Chi_Minh";

export function filled(text, values) {
  const put = (words) => words.replace(PLACE, (_whole, name) => values[name] || NONE);
  return {
    ...text,
    sections: text.sections.map((section) => ({
      ...section,
      rows: section.rows.map((row) => ({ ...row, value: put(row.value) })),
      clauses: section.clauses.map((clause) => ({ ...clause, vi: put(clause.vi), en: put(clause.en) })),
    })),
  };
}

// renter: as the command carries it; offer: {starts_at, ends_at, total, deposit, km}
export function valuesFor(renter, { vehicle, station, offer }) {
  const { licence } = renter;
  const masked = licence.number ? `${MASK}${licence.number.slice(-3)}` : "";
  return {
    "renter.name": renter.name,
    "renter.born_on": day(renter.born_on),
    "renter.licence": [licence.class, masked, day(licence.expires_on)].filter(Boolean).join(" · "),
    "renter.phone": renter.phone,
    "vehicle.model": vehicle.model,
    "vehicle.plate": vehicle.plate,
    "pickup.at": when(offer.starts_at),
    "pickup.station": station.name,
    "return.at": when(offer.ends_at),
    "rent.total": dong(offer.total),
    deposit: dong(offer.deposit),
    "km.included": String(offer.km),
  };
}

// What somebody should know before signing: the articles that have a table, but for that of the parties.
export function pointsOf(text) {
  const of = (language) =>
    text.sections
      .filter(({ number, rows }) => number && rows.length)
      .map((section) => ({ title: section[language], facts: section.rows.map((row) => ({ label: row[language], value: row.value })), note: "" }));
  return { vi: of("vi"), en: of("en") };
}

// The contract in the shape that a booking has it.
export async function contractOf(text) {
  return { number: "", version: 0, sha256: "", text, points: pointsOf(text), text_sha256: await textSha256(text) };
}

function day(text) {
  if (!text) return "";
  const [year, month, date] = text.split("-");
  return `${date}/${month}/${year}`;
}

// 08:30 24/11/2026, as the document writes it in both languages.
function when(moment) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const found = Object.fromEntries(format.formatToParts(new Date(moment)).map(({ type, value }) => [type, value]));
  return `${found.hour}:${found.minute} ${found.day}/${found.month}/${found.year}`;
}
