// The agreement on the glass: its six points first, then every word of it, in both languages as the document has it.
import { sha256OfValue } from "./hash.js";
import { fill, make, piece } from "./dom.js";
import { language } from "./words.js";

// Vehicle and time, rent, deposit, use, lateness, damage: in the reader's language.
export function keyPoints({ points }) {
  return points[language()].map(({ title, facts, note }) => {
    const card = piece("pickup-point");
    fill(card, { title, note });
    card.querySelector("dl").append(...facts.map(({ label, value }) => line(label, value)));
    return card;
  });
}

export function fullText(text) {
  return text.sections.map((article) => {
    const section = make("section", { className: "stack gap-2" });
    const heading = article.number ? `${article.number}. ${article[language()]}` : article[language()];
    section.append(make("h3", { textContent: heading }));
    if (article.rows.length) {
      const rows = make("dl", { className: "lines" });
      rows.append(...article.rows.map((row) => line(row[language()], row.value)));
      section.append(rows);
    }
    for (const clause of article.clauses) {
      const number = clause.number ? `${clause.number} ` : "";
      section.append(make("p", { textContent: `${number}${clause[language()]}` }));
    }
    return section;
  });
}

export function line(label, value) {
  return fill(piece("pickup-line"), { label, value });
}

// The hash of the words that stand on the glass.
export const textSha256 = (text) => sha256OfValue(text);
