// The photo set: one tile per position; the live camera with the outline over it, or a file of the tablet.
// Every picture is made smaller before it is kept.
//
// mount(element, {positions, value, before, onPhoto}) -> {state(), unmount()}
//   positions: [{code, words, outline, is_required}]; value: {code: Blob}; before: {code: address of the older picture}
//   onPhoto(code, blob): keeps it; a rejected promise is shown at the tile, and the picture does not count
//   state(): {isDone, missing: [codes]}
import { shrink } from "../../photo.js";
import { address, fill, piece, slot } from "../dom.js";
import { counted, spoken, word } from "../words.js";

const LONGEST_SIDE = 1600;
const QUALITY = 0.72;

export function mount(element, { positions, value = {}, before = {}, onPhoto }) {
  const root = piece("part-photos");
  const kept = { ...value };
  const tiles = new Map();
  const camera = new Camera(root.querySelector("[data-shooting]"), { onTaken: keep, onGallery: chooseFile });
  root.querySelector("ul").append(...positions.map(tile));
  root.querySelector("[data-shoot-all]").addEventListener("click", () => shoot(missing()[0] ?? positions[0]));
  element.replaceChildren(root);
  draw();

  function tile(position) {
    const line = piece("part-photo");
    const name = spoken(position.words);
    const older = before[position.code];
    fill(line, { name: older ? name : "" });
    if (older) {
      const figure = line.querySelector("[data-before]");
      figure.hidden = false;
      Object.assign(figure.querySelector("img"), { src: older, alt: word("photos.before", { name }) });
      line.classList.add("shot-with-before");
    }
    const outline = line.querySelector("[data-outline]");
    const drawing = outlineOf(position.outline);
    if (drawing) {
      outline.src = drawing;
      outline.hidden = false;
    }
    const input = line.querySelector("input");
    input.dataset.position = position.code;
    input.addEventListener("click", (event) => {
      if (!camera.isPossible || input.dataset.asFile) return;
      event.preventDefault();
      shoot(position);
    });
    input.addEventListener("change", async () => {
      delete input.dataset.asFile;
      const file = input.files[0];
      if (!file) return;
      const smaller = await shrink(file);
      if (smaller === file && !(await opens(file))) return complain(position.code, word("photos.broken"));
      await keep(position, smaller);
      input.value = "";
    });
    tiles.set(position.code, line);
    return line;
  }

  async function shoot(position) {
    if (await camera.open(position, spoken(position.words), outlineOf(position.outline))) return;
    chooseFile(position); // No camera to be had: the tablet's own picker.
  }

  function chooseFile(position) {
    const input = tiles.get(position.code).querySelector("input");
    input.dataset.asFile = "yes";
    input.click();
  }

  // Returns the next position without a picture, so that the camera goes on by itself.
  async function keep(position, blob) {
    try {
      await onPhoto?.(position.code, blob);
    } catch {
      complain(position.code, word("photos.full"));
      return null;
    }
    kept[position.code] = blob;
    complain(position.code, "");
    draw();
    const next = missing()[0];
    return next ? { position: next, name: spoken(next.words), outline: outlineOf(next.outline) } : null;
  }

  function complain(code, text) {
    fill(tiles.get(code), { trouble: text });
  }

  function missing() {
    return positions.filter(({ code, is_required: isRequired }) => isRequired !== false && !kept[code]);
  }

  function draw() {
    for (const position of positions) {
      const line = tiles.get(position.code);
      const blob = kept[position.code];
      const label = line.querySelector(".photo");
      const name = spoken(position.words);
      const input = label.querySelector("input");
      input.setAttribute("aria-label", word(blob ? "photos.again" : "photos.take", { name }));
      slot(line, "label").textContent = name;
      if (!blob || label.dataset.size === String(blob.size)) continue;
      label.dataset.size = String(blob.size);
      const image = label.querySelector("img.photo-preview") ?? document.createElement("img");
      image.className = "photo-preview";
      image.alt = "";
      image.src = address(blob);
      label.prepend(image);
      label.classList.add("photo-full");
      slot(line, "label").classList.add("photo-name");
    }
    const open = missing().length;
    slot(root, "left").textContent = open ? counted("photos.left", open) : word("photos.done");
    root.querySelector("[data-shoot-all]").classList.toggle("btn-ghost", !open);
  }

  return {
    state: () => ({ isDone: missing().length === 0, missing: missing().map(({ code }) => code) }),
    unmount: () => camera.close(),
  };
}

// The camera in the page: picture, outline, shutter; goes on to the next position by itself.
class Camera {
  constructor(dialog, { onTaken, onGallery }) {
    Object.assign(this, { dialog, onTaken, onGallery });
    this.isPossible = Boolean(navigator.mediaDevices?.getUserMedia && dialog.showModal);
    this.video = dialog.querySelector("video");
    this.outline = dialog.querySelector("[data-outline]");
    this.ask = dialog.querySelector("[data-ask]");
    this.shutter = dialog.querySelector("[data-shutter]");
    this.shutter.addEventListener("click", () => this.take());
    dialog.querySelector("[data-close]").addEventListener("click", () => this.close());
    dialog.querySelector("[data-gallery]").addEventListener("click", () => {
      const position = this.position;
      this.close();
      this.onGallery(position);
    });
    dialog.addEventListener("close", () => this.stop());
    document.addEventListener("visibilitychange", () => document.hidden && this.close());
  }

  async open(position, name, outline) {
    if (!this.isPossible) return false;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1440 } },
      });
    } catch {
      this.isPossible = false;
      return false;
    }
    this.video.srcObject = this.stream;
    this.dialog.showModal();
    await this.video.play();
    this.aim(position, name, outline);
    return true;
  }

  aim(position, name, outline) {
    this.position = position;
    this.ask.textContent = word("photos.ask", { name });
    this.outline.hidden = !outline;
    if (outline) this.outline.src = outline;
    this.shutter.disabled = false;
    this.shutter.focus();
  }

  async take() {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth) return;
    this.shutter.disabled = true;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    const canvas = new OffscreenCanvas(Math.round(videoWidth * scale), Math.round(videoHeight * scale));
    canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    navigator.vibrate?.(40);
    const next = await this.onTaken(this.position, blob);
    if (next && this.dialog.open) this.aim(next.position, next.name, next.outline);
    else this.close();
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }
}

function outlineOf(name) {
  if (!name) return "";
  const found = document.querySelector(`[data-outline-name="${CSS.escape(name)}"]`);
  return found?.dataset.outlineUrl ?? "";
}

async function opens(file) {
  try {
    (await createImageBitmap(file)).close();
    return true;
  } catch {
    return false;
  }
}
