// Odometer and battery with a number pad that a thumb can hit, and a look at whether they can be true.
//
// mount(element, {value, known, minimumBattery, isReturn, onChange}) -> {state()}
//   value: {odometer_km, battery_percent, is_confirmed}; known: {odometer_km, battery_percent}
//   state(): {isDone, code} with code empty, lower, jump, over, low or missing
import { piece } from "../dom.js";
import { km, percent, word } from "../words.js";

const JUMP_AT_PICKUP = 300; // Nobody drives so far between the counter's last look and the pickup.
const JUMP_AT_RETURN = 3000;
const CHARGED = 30;

export function mount(element, { value = {}, known = {}, minimumBattery = 0, isReturn = false, onChange }) {
  const root = piece("part-readings");
  const fields = {};
  const now = { odometer_km: null, battery_percent: null, is_confirmed: false, ...value };
  let target = "odometer_km";
  element.replaceChildren(root);

  for (const field of root.querySelectorAll("[data-reading]")) {
    const name = field.dataset.reading;
    const input = field.querySelector("input");
    fields[name] = { field, input, says: field.querySelector("[data-says]") };
    input.value = now[name] ?? "";
    input.addEventListener("focus", () => choose(name));
    input.addEventListener("input", () => take(name, input.value));
  }
  const doubt = root.querySelector("[data-doubt]");
  const confirm = root.querySelector("[data-confirm]");
  confirm.checked = now.is_confirmed;
  confirm.addEventListener("change", () => {
    now.is_confirmed = confirm.checked;
    tell();
  });
  for (const key of root.querySelectorAll(".key")) key.addEventListener("click", () => press(key));
  choose(now.odometer_km === null ? "odometer_km" : "battery_percent");
  draw();

  function press(key) {
    const input = fields[target].input;
    if (key.dataset.key === "clear") take(target, "");
    else if (key.dataset.key === "back") take(target, input.value.slice(0, -1));
    else if (input.value.length < input.maxLength) take(target, input.value + key.textContent);
  }

  function choose(name) {
    target = name;
    for (const [each, { field }] of Object.entries(fields)) field.classList.toggle("reading-on", each === name);
  }

  function take(name, text) {
    const digits = text.replace(/\D/g, "").slice(0, fields[name].input.maxLength);
    fields[name].input.value = digits;
    now[name] = digits === "" ? null : Number(digits);
    now.is_confirmed = false;
    confirm.checked = false;
    draw();
    tell();
  }

  function tell() {
    onChange?.({ ...now });
  }

  function draw() {
    const found = { odometer_km: judgeKm(), battery_percent: judgeBattery() };
    for (const [name, { field, input, says }] of Object.entries(fields)) {
      const { code, text } = found[name];
      says.textContent = text;
      says.className = code && code !== "missing" ? "err" : "hint";
      field.classList.toggle("field-bad", Boolean(code) && code !== "missing");
      if (code && code !== "missing") input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    doubt.hidden = !Object.values(found).some(({ code }) => isDoubtful(code));
  }

  function judgeKm() {
    const last = known.odometer_km ?? null;
    const hint = last === null ? "" : word("readings.last", { km: km(last) });
    if (now.odometer_km === null) return { code: "missing", text: hint };
    if (last === null) return { code: "", text: "" };
    const more = now.odometer_km - last;
    if (more < 0) return { code: "lower", text: word("readings.lower", { km: km(last) }) };
    if (more > (isReturn ? JUMP_AT_RETURN : JUMP_AT_PICKUP)) {
      return { code: "jump", text: word("readings.jump", { km: km(more) }) };
    }
    return { code: "", text: hint };
  }

  function judgeBattery() {
    const least = isReturn ? "" : word("readings.least", { percent: percent(minimumBattery) });
    const started = word("readings.started", { percent: percent(known.battery_percent) });
    const hint = isReturn ? started : least;
    if (now.battery_percent === null) return { code: "missing", text: hint };
    if (now.battery_percent > 100) return { code: "over", text: word("readings.over") };
    if (!isReturn && now.battery_percent < minimumBattery) {
      return { code: "low", text: word("readings.low", { percent: percent(minimumBattery) }) };
    }
    if (isReturn && known.battery_percent != null && now.battery_percent - known.battery_percent > CHARGED) {
      return { code: "charged", text: word("readings.charged") };
    }
    return { code: "", text: hint };
  }

  return {
    state() {
      const codes = [judgeKm().code, judgeBattery().code];
      const bar = codes.find((code) => code && !(isDoubtful(code) && now.is_confirmed)) ?? "";
      return { isDone: !bar, code: bar };
    },
  };
}

// These may be true all the same: somebody looks again and says so.
const isDoubtful = (code) => ["lower", "jump", "charged"].includes(code);
