// Damage on the drawing of a vehicle: known marks in grey, new ones red, each with kind, note and picture.
//
// mount(element, {kind, known, value, photos, hasCharge, onChange, onPhoto}) -> {state()}
//   kind: car or scooter; known and value: [{part, kind, note, x, y}], x and y in thousandths of the drawing;
//   a new mark has a key of its own besides, which names its picture: onPhoto(key, blob), photos: {key: Blob}
//   hasCharge: each new mark may name an amount (charge, whole dong)
import { shrink } from "../../photo.js";
import { address, clone, fill, make, piece } from "../dom.js";
import { counted, knows, word } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 11;
const SCALE = 1000;
const KINDS = ["scratch", "dent", "crack", "missing", "other"];
const NOT_DRAWN = "equipment";

export function mount(element, { kind, known = [], value = [], photos = {}, hasCharge = false, onChange, onPhoto }) {
  const root = piece("part-pins");
  const marks = value.map((mark) => ({ ...mark }));
  const pictures = { ...photos };
  const drawing = clone(kind === "scooter" ? "part-drawing-scooter" : "part-drawing-car").querySelector("svg");
  const { width, height } = drawing.viewBox.baseVal;
  const layer = drawing.appendChild(document.createElementNS(SVG, "g"));
  const choice = root.querySelector("[data-part-choice]");
  root.querySelector("[data-drawing]").append(drawing);
  fill(root, { ask: word("pins.ask") });
  choice.id = "pins-part";
  root.querySelector(".pins-choose label").htmlFor = choice.id;
  choice.append(make("option", { value: "", textContent: word("pins.choose") }), ...partsOf(drawing).map(option));
  element.replaceChildren(root);

  drawing.addEventListener("click", (event) => {
    const shape = event.target.closest("[data-part]");
    if (!shape) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    add(shape.dataset.part, point.x, point.y);
  });
  root.querySelector("[data-add]").addEventListener("click", () => {
    const shape = choice.value && drawing.querySelector(`[data-part="${choice.value}"]`);
    if (!choice.value) return choice.focus();
    if (!shape) return add(choice.value, null, null);
    const box = shape.getBBox();
    add(choice.value, box.x + box.width / 2, box.y + box.height / 2);
  });
  drawKnown();
  draw();

  function option(part) {
    return make("option", { value: part, textContent: nameOf(part) });
  }

  function nameOf(part) {
    const name = `part.${kind}.${part}`;
    return knows(name) ? word(name) : part;
  }

  function add(part, x, y) {
    const place = (at, size) => (at === null ? null : Math.max(0, Math.min(SCALE, Math.round((at / size) * SCALE))));
    const key = crypto.randomUUID().slice(0, 8);
    marks.push({ key, part, kind: "scratch", note: "", x: place(x, width), y: place(y, height) });
    choice.value = "";
    settle();
    root.querySelector(".pins > li:last-child [data-kinds] button")?.focus({ preventScroll: true });
  }

  function settle() {
    draw();
    tell();
  }

  function tell() {
    onChange?.(marks.map((mark) => ({ ...mark })));
  }

  function draw() {
    const old = known.filter(({ x }) => x !== null && x !== undefined).map((mark, index) => pin(mark, index, true));
    const fresh = marks.map((mark, index) => [mark, index]).filter(([{ x }]) => x !== null);
    layer.replaceChildren(...old, ...fresh.map(([mark, index]) => pin(mark, index, false)));
    root.querySelector(".pins").replaceChildren(...marks.map(card));
  }

  function pin(mark, index, isKnown) {
    const group = document.createElementNS(SVG, "g");
    const circle = document.createElementNS(SVG, "circle");
    const [x, y] = [(mark.x / SCALE) * width, (mark.y / SCALE) * height];
    group.setAttribute("class", isKnown ? "pin pin-known" : "pin");
    set(circle, { cx: x, cy: y, r: isKnown ? RADIUS - 3 : RADIUS });
    group.append(circle);
    if (!isKnown) {
      const text = document.createElementNS(SVG, "text");
      set(text, { x, y });
      text.textContent = index + 1;
      group.append(text);
    }
    return group;
  }

  function card(mark, index) {
    const number = index + 1;
    const line = piece("part-pin");
    fill(line, { number, part: nameOf(mark.part) });
    const kinds = line.querySelector("[data-kinds]");
    kinds.setAttribute("aria-label", word("pins.kind", { number }));
    kinds.append(...KINDS.map((code) => kindButton(mark, code)));
    const remove = line.querySelector("[data-remove]");
    remove.setAttribute("aria-label", word("pins.remove", { number }));
    remove.addEventListener("click", () => {
      marks.splice(index, 1);
      settle();
    });
    const note = line.querySelector("[data-note]");
    note.value = mark.note;
    note.setAttribute("aria-label", word("pins.note", { number }));
    note.addEventListener("input", () => {
      mark.note = note.value;
      tell();
    });
    withPhoto(line.querySelector(".pin-photo"), mark, number);
    if (hasCharge) withCharge(line, mark, number);
    return line;
  }

  function kindButton(mark, code) {
    const button = make("button", { type: "button", className: "chip", textContent: word(`damage.${code}`) });
    button.setAttribute("aria-pressed", String(mark.kind === code));
    button.addEventListener("click", () => {
      mark.kind = code;
      for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
      tell();
    });
    return button;
  }

  function withPhoto(label, mark, number) {
    const input = label.querySelector("input");
    input.setAttribute("aria-label", word("pins.photo", { number }));
    show(pictures[mark.key]);
    input.addEventListener("change", async () => {
      if (!input.files[0]) return;
      const blob = await shrink(input.files[0]);
      await onPhoto?.(mark.key, blob);
      pictures[mark.key] = blob;
      mark.has_photo = true;
      show(blob);
      tell();
    });

    function show(blob) {
      if (!blob) return;
      const image = label.querySelector("img") ?? document.createElement("img");
      Object.assign(image, { className: "photo-preview", alt: "", src: address(blob) });
      label.prepend(image);
      label.classList.add("photo-full");
      label.querySelector(".photo-text").classList.add("photo-name");
    }
  }

  function withCharge(line, mark, number) {
    const field = line.querySelector("[data-charge]");
    const input = field.querySelector("input");
    field.hidden = false;
    input.setAttribute("aria-label", word("pins.charge", { number }));
    input.value = mark.charge ?? "";
    input.addEventListener("input", () => {
      const digits = input.value.replace(/\D/g, "");
      mark.charge = digits ? Number(digits) : 0;
      tell();
    });
  }

  function drawKnown() {
    const details = root.querySelector(".pins-known");
    details.hidden = !known.length;
    fill(details, { known: counted("pins.known", known.length) });
    details.querySelector("ol").replaceChildren(
      ...known.map((mark) => {
        const text = [nameOf(mark.part), word(`damage.${mark.kind}`), mark.note].filter(Boolean).join(" · ");
        return make("li", { textContent: text });
      }),
    );
  }

  return { state: () => ({ isDone: true, count: marks.length }) };
}

function partsOf(drawing) {
  const parts = [...drawing.querySelectorAll("[data-part]")].map((shape) => shape.dataset.part);
  return [...new Set(parts), NOT_DRAWN];
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}
