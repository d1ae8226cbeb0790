// The camera inside the page: a frame to hold the paper in, live hints, and a shutter that goes off by itself.
// open() resolves to false when there is no camera to be had; the file fields are always there.
import { look, difference, MARGIN, WIDTH } from "./capture-look.js";

const LOOKS_A_SECOND = 8;
const GOOD_LOOKS = 5; // So many good looks in a row, and the shutter goes off.
const HINT_STAYS = 600; // Milliseconds: a hint that flickers is no help.
const STILL_STAYS = 900;
const TURNED = 14; // The next side is not taken before the picture has changed so much.
const LONGEST_SIDE = 2000;
const QUALITY = 0.85;
const KEPT_AROUND = 0.08; // Of the frame's size: the reader wants to see the card's edges.
const ASPECTS = { card: 85.6 / 53.98, page: 125 / 88, booklet: 105 / 148, face: 3 / 4 };

export const isPossible = () =>
  Boolean(navigator.mediaDevices?.getUserMedia && HTMLDialogElement.prototype.showModal && window.DataTransfer);

export class Camera {
  constructor(dialog) {
    this.dialog = dialog;
    this.words = dialog.dataset;
    const part = (name) => dialog.querySelector(`[data-camera-${name}]`);
    this.video = dialog.querySelector("video");
    [this.stage, this.frame, this.still] = [part("stage"), part("frame"), part("still")];
    [this.step, this.hint, this.shutter, this.auto] = [part("step"), part("hint"), part("shutter"), part("auto")];
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.shutter.addEventListener("click", () => this.take());
    part("close").addEventListener("click", () => this.close());
    part("file").addEventListener("click", () => this.chooseFile());
    dialog.addEventListener("close", () => this.stop());
    window.addEventListener("resize", () => this.fit());
    document.addEventListener("visibilitychange", () => document.hidden && this.close());
  }

  // shots: elements with data-shape, data-camera, data-ask and data-label; onTaken(shot, blob) after each.
  async open(shots, onTaken) {
    [this.shots, this.onTaken, this.place] = [shots, onTaken, 0];
    this.before = null;
    this.say("start", true);
    this.dialog.showModal();
    this.fit();
    try {
      await this.start(shots[0].dataset.camera);
    } catch {
      this.close();
      return false;
    }
    this.prepare();
    return true;
  }

  async start(facing) {
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: facing }, width: { ideal: 3840 }, height: { ideal: 2160 } },
    });
    if (!this.dialog.open) return this.stop(); // Closed while the browser was asking.
    this.video.srcObject = this.stream;
    this.video.classList.toggle("camera-mirror", facing === "user");
    await this.video.play();
  }

  prepare() {
    const shot = this.shots[this.place];
    this.isFace = shot.dataset.shape === "face";
    this.step.textContent =
      this.shots.length > 1 ? `${shot.dataset.label} · ${this.place + 1}/${this.shots.length}` : shot.dataset.label;
    this.frame.dataset.shape = shot.dataset.shape;
    this.auto.hidden = this.isFace; // Nobody is photographed without having said so.
    this.still.hidden = true;
    [this.seen, this.good, this.isBusy] = [null, 0, false];
    this.fit();
    this.show(shot.dataset.ask);
    this.shutter.focus();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.look(), 1000 / LOOKS_A_SECOND);
  }

  // The largest frame of the right shape that leaves room around it.
  fit() {
    if (!this.dialog.open) return;
    const aspect = ASPECTS[this.frame.dataset.shape] ?? ASPECTS.card;
    const { clientWidth: wide, clientHeight: high } = this.stage;
    const width = Math.min(wide * (aspect < 1 ? 0.78 : 0.9), high * 0.86 * aspect, 900);
    this.frame.style.width = `${Math.round(width)}px`;
    this.frame.style.height = `${Math.round(width / aspect)}px`;
  }

  // Where the frame lies in the pixels of the video, with something around it.
  region(around) {
    const [stage, frame] = [this.stage.getBoundingClientRect(), this.frame.getBoundingClientRect()];
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.max(stage.width / videoWidth, stage.height / videoHeight); // object-fit: cover
    const left = (frame.left - stage.left - (stage.width - videoWidth * scale) / 2) / scale;
    const top = (frame.top - stage.top - (stage.height - videoHeight * scale) / 2) / scale;
    const [width, height] = [frame.width / scale, frame.height / scale];
    const x = Math.max(0, left - width * around);
    const y = Math.max(0, top - height * around);
    return {
      x,
      y,
      width: Math.min(videoWidth, left + width * (1 + around)) - x,
      height: Math.min(videoHeight, top + height * (1 + around)) - y,
    };
  }

  look() {
    if (this.isBusy || !this.video.videoWidth) return;
    const { x, y, width, height } = this.region(MARGIN);
    this.canvas.width = WIDTH;
    this.canvas.height = Math.round((WIDTH * height) / width);
    this.context.drawImage(this.video, x, y, width, height, 0, 0, this.canvas.width, this.canvas.height);
    const pixels = this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    this.seen = look(pixels, this.seen, !this.isFace);
    if (this.before && difference(this.seen.gray, this.before) < TURNED) return; // Still the other side.
    this.before = null;
    if (this.isFace) {
      const isPlain = this.seen.hint === "good" || this.seen.hint === "glare";
      this.show(isPlain ? this.shots[this.place].dataset.ask : this.words[word(this.seen.hint)]);
      return;
    }
    this.good = this.seen.hint === "good" ? this.good + 1 : 0;
    this.frame.classList.toggle("camera-frame-good", this.good > 0);
    this.show(this.seen.hint === "ask" ? this.shots[this.place].dataset.ask : this.words[word(this.seen.hint)]);
    if (this.good >= GOOD_LOOKS) this.take();
  }

  async take() {
    if (this.isBusy || !this.video.videoWidth) return;
    this.isBusy = true;
    const shot = this.shots[this.place];
    const { x, y, width, height } = this.region(this.isFace ? 0.25 : KEPT_AROUND);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    this.still.width = Math.round(width * scale);
    this.still.height = Math.round(height * scale);
    this.still.getContext("2d").drawImage(this.video, x, y, width, height, 0, 0, this.still.width, this.still.height);
    const blob = await new Promise((done) => this.still.toBlob(done, "image/jpeg", QUALITY));
    if (!blob || !this.dialog.open) return;
    this.still.hidden = false;
    navigator.vibrate?.(40);
    this.before = this.seen?.gray ?? null;
    this.place += 1;
    const isLast = this.place === this.shots.length;
    this.show(isLast ? this.words.textTaken : this.words.textTurn, true);
    await this.onTaken(shot, blob);
    await new Promise((done) => setTimeout(done, STILL_STAYS));
    if (!this.dialog.open) return;
    if (isLast) this.close();
    else this.prepare();
  }

  chooseFile() {
    const input = this.shots[this.place].querySelector("input[type='file']");
    this.close();
    input.click();
  }

  say(name, isUrgent = false) {
    this.show(this.words[word(name)], isUrgent);
  }

  show(text, isUrgent = false) {
    const now = performance.now();
    if (text === this.hint.textContent || (!isUrgent && now - (this.saidAt ?? 0) < HINT_STAYS)) return;
    this.saidAt = now;
    this.hint.textContent = text;
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  stop() {
    clearInterval(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }
}

const word = (name) => `text${name[0].toUpperCase()}${name.slice(1)}`;
