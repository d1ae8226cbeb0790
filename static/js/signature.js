// Signing by finger or mouse: the picture and the strokes go into hidden fields at every stroke's end.
import SignaturePad from "../vendor/signature_pad/signature_pad.min.js";

const PEN = {
  penColor: "#10211b",
  dotSize: 0,
  minWidth: 0.5,
  maxWidth: 2.5,
  velocityFilterWeight: 0.7,
  compositeOperation: "source-over",
};

export function mount(element) {
  const canvas = element.querySelector("canvas");
  const image = element.querySelector("[data-signature-image]");
  const strokes = element.querySelector("[data-signature-strokes]");
  const state = element.querySelector("[data-signature-state]");
  const pad = new SignaturePad(canvas, { backgroundColor: "#ffffff", penColor: PEN.penColor });

  fit();
  drawAgain();
  // A turned tablet changes the canvas; the strokes are drawn again at the new size.
  new ResizeObserver(fit).observe(canvas);
  pad.addEventListener("endStroke", save);
  element.querySelector("[data-signature-clear]").addEventListener("click", () => {
    pad.clear();
    save();
  });

  function fit() {
    const ratio = Math.max(devicePixelRatio, 1);
    const width = Math.round(canvas.offsetWidth * ratio);
    const height = Math.round(canvas.offsetHeight * ratio);
    if (!width || (canvas.width === width && canvas.height === height)) return;
    const drawn = pad.toData();
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.clear();
    pad.fromData(drawn);
  }

  // A form that came back, for a wrong code, brings the strokes along: nobody signs twice for that.
  function drawAgain() {
    if (!strokes.value) return;
    try {
      pad.fromData(JSON.parse(strokes.value).map((points) => ({ ...PEN, points: points.map(expand) })));
    } catch {
      pad.clear();
    }
    save();
  }

  function save() {
    const isEmpty = pad.isEmpty();
    image.value = isEmpty ? "" : pad.toDataURL("image/png");
    strokes.value = isEmpty ? "" : JSON.stringify(pad.toData().map(compact));
    state.textContent = isEmpty ? state.dataset.textEmpty : state.dataset.textSigned;
  }
}

function compact(stroke) {
  return stroke.points.map(({ x, y, time }) => [Math.round(x), Math.round(y), time]);
}

function expand([x, y, time]) {
  return { x, y, time, pressure: 0.5 };
}
