// What a frame of the camera looks like: bright enough, no glare, sharp, steady, and a card that fills the frame.
// Pure arithmetic on a small picture; the server judges the photograph itself, and more strictly.
export const WIDTH = 480; // Frames are looked at in this width.
export const MARGIN = 0.1; // Of the frame's size that is looked at around it, on each side.

const TOO_DARK = 80;
const WHITE = 250;
const TOO_MUCH_GLARE = 0.06;
const BLINDING = 0.25;
const SHARP = 220;
const STEADY = 5;
const EDGE = 0.6; // So much of a line must agree for a card's edge.
const STEP = 8; // Of 255: less is noise.
const REACH = 6; // Pixels before and behind a line that are compared.
const NEAR = 0.055; // An edge counts as on the frame within this part of its size.
const DEEP = 0.3; // How far inside the frame an edge is looked for.

// data: RGBA of the frame with its margin. previous: what the last call returned, or null. hasEdges: a card, not a face.
export function look({ data, width, height }, previous, hasEdges) {
  const gray = new Uint8ClampedArray(width * height);
  const inner = box(width, height);
  let sum = 0;
  let white = 0;
  let count = 0;
  for (let y = 0, at = 0; y < height; y += 1) {
    const isInside = y >= inner.top && y < inner.bottom;
    for (let x = 0; x < width; x += 1, at += 1) {
      const [r, g, b] = [data[at * 4], data[at * 4 + 1], data[at * 4 + 2]];
      gray[at] = (r * 77 + g * 150 + b * 29) >> 8;
      if (!isInside || x < inner.left || x >= inner.right) continue;
      sum += gray[at];
      count += 1;
      if (r >= WHITE && g >= WHITE && b >= WHITE) white += 1;
    }
  }
  const seen = {
    gray,
    brightness: sum / count,
    glare: white / count,
    sharpness: sharpness(gray, width, inner),
    movement: previous ? difference(gray, previous.gray) : Infinity,
    edges: hasEdges ? edges(gray, width, height, inner) : { near: 4, inside: 0 },
  };
  return { ...seen, hint: hintFor(seen) };
}

// How different two looks are, 0 to 255: whether the card was turned over meanwhile.
export function difference(gray, other) {
  if (!other || other.length !== gray.length) return Infinity;
  let sum = 0;
  let count = 0;
  for (let at = 0; at < gray.length; at += 7) {
    sum += Math.abs(gray[at] - other[at]);
    count += 1;
  }
  return sum / count;
}

function hintFor({ brightness, glare, sharpness: sharp, movement, edges: { near, inside } }) {
  if (brightness < TOO_DARK) return "dark";
  if (near < 3 && glare > BLINDING) return "glare"; // It washes the edges out.
  if (near < 3) return inside >= 2 ? "closer" : "ask";
  if (glare > TOO_MUCH_GLARE) return "glare";
  if (movement > STEADY) return "still";
  if (sharp < SHARP) return "blurred";
  return "good";
}

function box(width, height) {
  const part = MARGIN / (1 + 2 * MARGIN);
  const [x, y] = [Math.round(width * part), Math.round(height * part)];
  return { left: x, right: width - x, top: y, bottom: height - y };
}

// The variance of the Laplacian: edges of letters are steep in a sharp picture.
function sharpness(gray, width, { left, right, top, bottom }) {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = top + 1; y < bottom - 1; y += 1) {
    for (let x = left + 1; x < right - 1; x += 1) {
      const at = y * width + x;
      const value = gray[at - 1] + gray[at + 1] + gray[at - width] + gray[at + width] - 4 * gray[at];
      sum += value;
      squares += value * value;
      count += 1;
    }
  }
  return squares / count - (sum / count) ** 2;
}

// On how many sides the card's edge lies on the frame, and on how many only well inside it.
function edges(gray, width, height, inner) {
  const rows = profile(height, (y) => agreement(gray, y * width, 1, inner.left, inner.right, width));
  const columns = profile(width, (x) => agreement(gray, x, width, inner.top, inner.bottom, 1));
  const sides = [
    side(rows, inner.top, 1, inner.bottom - inner.top),
    side(rows, inner.bottom, -1, inner.bottom - inner.top),
    side(columns, inner.left, 1, inner.right - inner.left),
    side(columns, inner.right, -1, inner.right - inner.left),
  ];
  return {
    near: sides.filter((each) => each === "near").length,
    inside: sides.filter((each) => each === "inside").length,
  };
}

// How much of a line has a step in one direction across it, 0 to 1: nearly all of a card's edge, a third of a line of
// text. Only the middle three fifths, where rounded corners do not matter; REACH forgives a card that lies askew.
function agreement(gray, start, along, from, to, across) {
  const fifth = Math.round((to - from) / 5);
  let up = 0;
  let count = 0;
  for (let place = from + fifth; place < to - fifth; place += 2) {
    const at = start + place * along;
    const step = gray[at + REACH * across] - gray[at - REACH * across];
    if (step > STEP) up += 1;
    else if (step < -STEP) up -= 1;
    count += 1;
  }
  return Math.abs(up) / count;
}

function profile(length, measure) {
  const values = new Float32Array(length);
  for (let place = REACH; place < length - REACH; place += 1) values[place] = measure(place);
  return values;
}

// The first edge from outside: on the frame, inside it, or none.
function side(values, border, inwards, size) {
  const outside = Math.round(size * MARGIN) - 1;
  for (let away = -outside; away <= size * DEEP; away += 1) {
    if (values[border + inwards * away] >= EDGE) return away <= size * NEAR ? "near" : "inside";
  }
  return "";
}
