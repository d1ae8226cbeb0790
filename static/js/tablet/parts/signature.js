// Signing on the glass: wide, white in every theme, kept at every stroke's end with the time of the first one.
//
// mount(element, {label, value, onChange}) -> {state(), unmount()}
//   value and onChange({strokes, signed_at, blob} or null): strokes as JSON text [[[x, y, ms], …], …], blob a PNG
//   state(): {isDone, code} with code empty, missing or short
import SignaturePad from "../../../vendor/signature_pad/signature_pad.min.js";
import { fill, piece } from "../dom.js";
import { clock, word } from "../words.js";

const PEN = { penColor: "#10211b", dotSize: 0, minWidth: 0.5, maxWidth: 2.5, velocityFilterWeight: 0.7, compositeOperation: "source-over" };
// What the server refuses as a slip of the finger, in CSS pixels.
const MIN_POINTS = 5;
const MIN_LENGTH = 60;
let count = 0;

export function mount(element, { label, value = null, onChange }) {
  const root = piece("part-signature");
  const canvas = root.querySelector("canvas");
  const legend = root.querySelector(".legend");
  count += 1;
  legend.id = `sign-${count}`;
  canvas.setAttribute("aria-labelledby", legend.id);
  fill(root, { label });
  element.replaceChildren(root);
  const pad = new SignaturePad(canvas, { backgroundColor: "#ffffff", penColor: PEN.penColor });
  let signedAt = value?.signed_at ?? "";

  fit();
  if (value?.strokes) pad.fromData(JSON.parse(value.strokes).map((points) => ({ ...PEN, points: points.map(expand) })));
  const watch = new ResizeObserver(fit);
  watch.observe(canvas);
  pad.addEventListener("endStroke", save);
  root.querySelector("[data-clear]").addEventListener("click", () => {
    pad.clear();
    signedAt = "";
    save();
  });
  draw();

  // A turned tablet changes the canvas; the strokes are drawn again at the new size.
  function fit() {
    const ratio = Math.max(devicePixelRatio, 1);
    const [width, height] = [Math.round(canvas.offsetWidth * ratio), Math.round(canvas.offsetHeight * ratio)];
    if (!width || (canvas.width === width && canvas.height === height)) return;
    const drawn = pad.toData();
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.clear();
    pad.fromData(drawn);
  }

  async function save() {
    draw();
    if (judge()) {
      onChange?.(null);
      return;
    }
    signedAt = new Date().toISOString();
    draw();
    const strokes = JSON.stringify(pad.toData().map(compact));
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    onChange?.({ strokes, signed_at: signedAt, blob });
  }

  function judge() {
    const drawn = pad.toData();
    if (pad.isEmpty() || !drawn.length) return "missing";
    const points = drawn.reduce((sum, stroke) => sum + stroke.points.length, 0);
    return points < MIN_POINTS || lengthOf(drawn) < MIN_LENGTH ? "short" : "";
  }

  function draw() {
    const code = judge();
    const text = code === "missing" ? word("sign.empty") : code === "short" ? word("sign.short") : word("sign.done", { time: clock(signedAt || new Date().toISOString()) });
    fill(root, { state: text });
    root.classList.toggle("sign-done", !code);
  }

  return {
    state: () => ({ isDone: !judge(), code: judge() }),
    unmount: () => {
      watch.disconnect();
      pad.off();
    },
  };
}

function lengthOf(strokes) {
  let length = 0;
  for (const { points } of strokes) {
    for (let place = 1; place < points.length; place += 1) {
      length += Math.hypot(points[place].x - points[place - 1].x, points[place].y - points[place - 1].y);
    }
  }
  return length;
}

const compact = (stroke) => stroke.points.map(({ x, y, time }) => [Math.round(x), Math.round(y), time]);
const expand = ([x, y, time]) => ({ x, y, time, pressure: 0.5 });
