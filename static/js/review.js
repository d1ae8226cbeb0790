// The review of a paper: photographs that can be enlarged, moved and turned, and keys for what a reviewer does
// all day. Without this file the photographs open in a page of their own and everything else works the same.
const STEP = 2.5;
const LARGEST = 8;
const STORED = "voltgo-review-keys";

export function mount(page) {
  const photos = [...page.querySelectorAll("[data-zoom]")].map(makePhoto);
  mountKeys(page, photos);
  showError(page);
}

// What was refused may stand far below the photographs.
function showError(page) {
  const error = page.querySelector(".review-error");
  if (!error) return;
  const place = error.closest(".review-field, td, fieldset, .review-box") ?? error;
  error.scrollIntoView({ block: "center" });
  place.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: true });
}

// --- Photographs ---------------------------------------------------------------------------------

function makePhoto(link) {
  const figure = link.closest("figure");
  const image = link.querySelector("img");
  const place = { scale: 1, x: 0, y: 0, turns: 0 };
  let dragged = null;

  const draw = () => {
    const { scale, x, y, turns } = place;
    image.style.transform = `translate(${x}px, ${y}px) scale(${scale}) rotate(${turns * 90}deg)`;
  };
  const isLarge = () => figure.classList.contains("is-large");
  const shrink = () => {
    figure.classList.remove("is-large");
    Object.assign(place, { scale: 1, x: 0, y: 0 });
    draw();
  };
  const zoomTo = (scale, clientX, clientY) => {
    const box = link.getBoundingClientRect();
    // From the middle of the frame; the point under the finger stays where it is.
    const x = clientX - box.left - box.width / 2;
    const y = clientY - box.top - box.height / 2;
    const factor = scale / place.scale;
    place.x = x - (x - place.x) * factor;
    place.y = y - (y - place.y) * factor;
    place.scale = scale;
    if (scale <= 1) Object.assign(place, { scale: 1, x: 0, y: 0 });
    draw();
  };
  const grow = () => {
    figure.classList.add("is-large");
    figure.scrollIntoView({ block: "nearest" });
  };

  link.draggable = false;
  image.draggable = false;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (dragged?.moved) {
      dragged = null;
      return;
    }
    if (!isLarge()) grow();
    else if (event.detail === 0 || place.scale > 1) shrink();
    else zoomTo(STEP, event.clientX, event.clientY);
  });
  link.addEventListener("wheel", (event) => {
    if (!isLarge()) return;
    event.preventDefault();
    const scale = Math.min(LARGEST, Math.max(1, place.scale * (event.deltaY < 0 ? 1.2 : 1 / 1.2)));
    zoomTo(scale, event.clientX, event.clientY);
  }, { passive: false });
  link.addEventListener("pointerdown", (event) => {
    if (!isLarge() || event.button !== 0) return;
    dragged = { x: event.clientX, y: event.clientY, moved: false };
  });
  link.addEventListener("pointermove", (event) => {
    if (!dragged || event.buttons === 0) return;
    const [dx, dy] = [event.clientX - dragged.x, event.clientY - dragged.y];
    if (!dragged.moved && Math.hypot(dx, dy) < 6) return;
    place.x += dx;
    place.y += dy;
    dragged = { x: event.clientX, y: event.clientY, moved: true };
    draw();
  });

  return {
    link,
    isLarge,
    grow,
    shrink,
    turn() {
      place.turns = (place.turns + 1) % 4;
      draw();
    },
  };
}

// --- Keys ----------------------------------------------------------------------------------------

function mountKeys(page, photos) {
  const help = page.querySelector("[data-keys]");
  const toggle = page.querySelector("[data-keys-on]");
  if (!help || !toggle) return;
  help.hidden = false;
  toggle.checked = read() !== "off";
  const mark = () => page.classList.toggle("has-keys", toggle.checked);
  mark();
  toggle.addEventListener("change", () => {
    keep(toggle.checked ? "on" : "off");
    mark();
  });

  document.addEventListener("keydown", (event) => {
    if (!toggle.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea");
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      else photos.forEach((photo) => photo.shrink());
      return;
    }
    if (typing) return;
    const act = ACTS[event.key.toLowerCase()];
    if (act) {
      event.preventDefault();
      act(page, photos);
    } else if (/^[1-9]$/.test(event.key)) {
      choose(page, Number(event.key));
    }
  });
}

// Nothing is decided by one key: it leads to the button, and Enter presses it.
const ACTS = {
  a: (page) => page.querySelector("[data-key-approve]")?.focus(),
  n: (page) => page.querySelector("[data-key-next]")?.click(),
  f: (page) => {
    const fields = [...page.querySelectorAll("#approve input[type=text]")];
    (fields.find((each) => !each.value) ?? fields[0])?.focus();
  },
  z: (_page, photos) => {
    const large = photos.findIndex((photo) => photo.isLarge());
    photos.forEach((photo) => photo.shrink());
    photos[large + 1]?.grow();
  },
  r: (_page, photos) => (photos.find((photo) => photo.isLarge()) ?? photos[0])?.turn(),
};

function choose(page, number) {
  const reason = page.querySelectorAll("#reject input[name=code]")[number - 1];
  if (!reason) return;
  reason.checked = true;
  page.querySelector("[data-key-reject]")?.focus();
}

function read() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function keep(value) {
  try {
    localStorage.setItem(STORED, value);
  } catch {
    // Private mode: it holds for this page.
  }
}
