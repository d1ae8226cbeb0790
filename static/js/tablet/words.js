// Every word that the screens say comes from the page: <template data-words> holds them in the page's language.
// And the way the portal writes money, time and measures, the same as its server does.
const ZONE = "Asia/Ho_Chi_Minh";
const known = new Map();

function collect() {
  for (const template of document.querySelectorAll("template[data-words]")) {
    for (const element of template.content.querySelectorAll("[data-word]")) {
      known.set(element.dataset.word, element.textContent.trim());
    }
  }
}

// word("board.late", {minutes: 12}): the sentence with {minutes} filled in.
export function word(name, values = {}) {
  if (!known.size) collect();
  const text = known.get(name);
  if (text === undefined) return name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

export const knows = (name) => {
  if (!known.size) collect();
  return known.has(name);
};

// counted("queue.waiting", 3): "<name>.one" for 1 if the page has it, else the name itself, with {count}.
export function counted(name, count, values = {}) {
  const single = `${name}.one`;
  return word(count === 1 && knows(single) ? single : name, { count, ...values });
}

export const isEnglish = () => document.documentElement.lang.startsWith("en");
export const language = () => (isEnglish() ? "en" : "vi");

// 1.250.000 ₫, in both languages.
export function dong(amount) {
  if (amount === null || amount === undefined || amount === "") return "–";
  return `${String(Math.round(amount)).replace(/\B(?=(\d{3})+$)/g, ".")}\u00a0₫`;
}

function parts(moment) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: ZONE,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    weekday: "short",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(new Date(moment)).map(({ type, value }) => [type, value]));
}

// 08:05
export function clock(moment) {
  if (!moment) return "–";
  const { hour, minute } = parts(moment);
  return `${hour}:${minute}`;
}

// T2 23/11/2026, Mon 23/11/2026; a date without a time of day is taken as it stands.
export function day(moment) {
  if (!moment) return "–";
  if (/^\d{4}-\d\d-\d\d$/.test(moment)) {
    const [year, month, date] = moment.split("-");
    return `${date}/${month}/${year}`;
  }
  const found = parts(moment);
  return `${weekday(found.weekday)} ${found.day}/${found.month}/${found.year}`;
}

export const shortDay = (moment) => {
  const found = parts(moment);
  return `${weekday(found.weekday)} ${found.day}/${found.month}`;
};

export const isSameDay = (one, other) => day(one) === day(other);

const VIETNAMESE = { Mon: "T2", Tue: "T3", Wed: "T4", Thu: "T5", Fri: "T6", Sat: "T7", Sun: "CN" };
const weekday = (name) => (isEnglish() ? name : VIETNAMESE[name]);

// 08:05 T2 23/11/2026
export const when = (moment) => (moment ? `${clock(moment)} ${day(moment)}` : "–");

export function period(from, to) {
  return isSameDay(from, to) ? `${clock(from)} → ${when(to)}` : `${clock(from)} ${shortDay(from)} → ${when(to)}`;
}

export const percent = (value) => (value === null || value === undefined ? "–" : `${Math.round(value)}%`);

export function km(value) {
  if (value === null || value === undefined || value === "") return "–";
  const text = String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, isEnglish() ? "," : ".");
  return `${text}\u00a0km`;
}

// 45 phút, 1 giờ 30 phút, 2 ngày 3 giờ
export function duration(minutes) {
  const whole = Math.max(0, Math.round(minutes));
  const [days, hours, rest] = [Math.floor(whole / 1440), Math.floor((whole % 1440) / 60), whole % 60];
  const said = [
    days && counted("time.days", days),
    hours && counted("time.hours", hours),
    rest && !days && counted("time.minutes", rest),
  ].filter(Boolean);
  return said.join(" ") || counted("time.minutes", 0);
}

// The page's language of a text that comes in both: {vi, en}, or a plain string.
export const spoken = (text) => (text && typeof text === "object" ? (text[language()] ?? text.vi ?? "") : (text ?? ""));
