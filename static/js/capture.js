// The photographs of one paper: taken by the camera in the page or chosen as files, made smaller, kept in the file
// fields of the form. What fails here fails softly: the fields send whatever they hold.
import { Camera, isPossible } from "./camera.js";
import { replace, shrink } from "./photo.js";

const SIZE = { longest: 2000, quality: 0.85 };

export function mount(element) {
  const shots = [...element.querySelectorAll("[data-shot]")];
  const dialog = element.querySelector("[data-camera-dialog]");
  const offer = element.querySelector("[data-camera-offer]");
  const state = element.querySelector("[data-capture-state]");
  const kept = new WeakMap();

  for (const shot of shots) {
    const input = shot.querySelector("input");
    // With it a phone offers nothing but its camera; the one in the page is better, and a file must be possible.
    input.removeAttribute("capture");
    input.addEventListener("change", () => chosen(shot, input));
  }
  if (dialog && offer && isPossible()) withCamera();
  announce();
  // On a slow network a picture is there before this script is.
  for (const shot of shots) chosen(shot, shot.querySelector("input"));

  function withCamera() {
    const camera = new Camera(dialog);
    offer.hidden = false;
    offer.querySelector("[data-camera-open]").addEventListener("click", async () => {
      const missing = shots.filter((shot) => !isThere(shot));
      const wanted = missing.length ? missing : shots;
      if (await camera.open(wanted, taken)) return;
      offer.hidden = true;
      state.textContent = dialog.dataset.textDenied;
      wanted[0].querySelector("input").focus();
    });
    dialog.addEventListener("close", () => {
      if (!shots.every(isThere)) return;
      state.textContent = dialog.dataset.textDone;
      element.closest("form")?.querySelector("[data-capture-submit]")?.focus();
    });
  }

  async function taken(shot, blob) {
    const input = shot.querySelector("input");
    replace(input, new File([blob], `${shot.dataset.shot}.jpg`, { type: "image/jpeg" }));
    show(shot, input.files[0]);
  }

  async function chosen(shot, input) {
    const original = input.files[0];
    if (!original) return;
    state.textContent = dialog?.dataset.textLoading ?? "";
    const file = await shrink(original, SIZE);
    const opens = file !== original || (await isPicture(file));
    if (input.files[0] !== original) return; // Another picture was chosen meanwhile.
    if (!opens) {
      refuse(shot, input);
      return;
    }
    if (file !== original) replace(input, file);
    show(shot, file);
    state.textContent = dialog?.dataset.textReady ?? "";
  }

  // What is no picture is not kept; the picture that was there before it is.
  function refuse(shot, input) {
    const before = kept.get(shot);
    if (before) replace(input, before);
    else input.value = "";
    state.textContent = "";
    complain(shot, dialog?.dataset.textNoPicture ?? "");
    announce();
  }

  function show(shot, file) {
    kept.set(shot, file);
    const tile = shot.querySelector(".photo");
    const image = tile.querySelector("img") ?? document.createElement("img");
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    image.className = "photo-preview";
    image.alt = "";
    image.src = URL.createObjectURL(file);
    if (!image.isConnected) tile.prepend(image);
    tile.classList.add("photo-full");
    tile.classList.remove("photo-bad");
    tile.querySelector(".photo-text").classList.add("photo-name");
    tile.querySelector("[data-shot-again]").hidden = false;
    complain(shot, "");
    announce();
  }

  // Tells the form how many photographs are there.
  function announce() {
    const there = shots.filter(isThere).length;
    if (offer && there === shots.length) {
      offer.querySelector("button").classList.add("btn-ghost");
      const words = offer.querySelector("[data-camera-again]");
      words.textContent = words.dataset.cameraAgain;
    }
    element.dispatchEvent(new CustomEvent("capture:change", { bubbles: true, detail: standing(element) }));
  }
}

// How many photographs are there, are missing, and were not there when the page came.
export function standing(element) {
  const shots = [...element.querySelectorAll("[data-shot]")];
  const there = shots.filter(isThere).length;
  return { there, missing: shots.length - there, fresh: shots.filter(isFresh).length };
}

export function complain(shot, text) {
  const place = shot.querySelector("[data-shot-error]");
  const input = shot.querySelector("input");
  place.hidden = !text;
  place.querySelector("span").textContent = text;
  shot.querySelector(".photo").classList.toggle("photo-bad", Boolean(text));
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

async function isPicture(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return true;
  } catch {
    return false;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

const isFresh = (shot) => shot.querySelector("input").files.length > 0;
const isThere = (shot) => isFresh(shot) || Boolean(shot.querySelector("img"));
