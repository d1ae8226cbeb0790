// A guided flow: progress on top, one step in sight, back and next at the bottom; every step can be visited again.
//
//   const shown = flow(root, {
//     title, about,
//     steps: [{ id, name, mount(element) -> {unmount?}, check() -> "" or the sentence that says what lacks }],
//     start: "photos",              the step to begin with
//     visited: ["papers"],          steps that were in sight: only those get their tick; grows in place
//     finishWords,                  on the last step's button
//     onStep(id), onLater(),        onFinish() -> promise; called only when nothing lacks
//   })
//   shown.update()                  after a change: marks and the last step's button follow
//   shown.kept("saving"|"saved"|"failed"), shown.lacks(sentence), shown.redraw(), shown.unmount()
import { fill, icon, piece, slot } from "./dom.js";
import { word } from "./words.js";

export function flow(root, { title, about, steps, start, visited = [], finishWords, onStep, onLater, onFinish }) {
  const frame = piece("part-flow");
  const place = frame.querySelector("[data-step]");
  const next = frame.querySelector("[data-next]");
  const back = frame.querySelector("[data-back]");
  const marks = new Map(steps.map((step) => [step.id, mark(step)]));
  let current = steps.find(({ id }) => id === start) ?? steps[0];
  let mounted = null;
  let isBusy = false;

  fill(frame, { title, about });
  frame.querySelector(".flow-steps").append(...marks.values());
  frame.querySelector("[data-later]").addEventListener("click", onLater);
  back.addEventListener("click", () => go(steps[steps.indexOf(current) - 1]));
  next.addEventListener("click", forward);
  root.replaceChildren(frame);
  draw();

  function mark(step) {
    const line = piece("part-flow-step");
    fill(line, { name: step.name });
    line.querySelector("button").addEventListener("click", () => go(step));
    return line;
  }

  function go(step) {
    current = step;
    onStep?.(step.id);
    draw();
    scrollTo(0, 0);
    const heading = place.querySelector("h2");
    if (heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  }

  function draw() {
    mounted?.unmount?.();
    place.replaceChildren();
    lacks("");
    if (!visited.includes(current.id)) visited.push(current.id);
    mounted = current.mount(place) ?? null;
    back.hidden = current === steps[0];
    const isLast = current === steps.at(-1);
    const following = steps[steps.indexOf(current) + 1];
    next.replaceChildren(...(isLast ? [icon("key-round"), said(finishWords)] : [said(word("flow.next", { name: following.name })), icon("arrow-right")]));
    update();
    marks.get(current.id).scrollIntoView({ block: "nearest", inline: "center" });
  }

  function update() {
    for (const step of steps) {
      const line = marks.get(step.id);
      // The last step is done when the flow is.
      const isDone = step !== steps.at(-1) && visited.includes(step.id) && !step.check();
      const button = line.querySelector("button");
      line.classList.toggle("flow-done", isDone);
      if (step === current) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
      line.querySelector(".flow-mark").replaceChildren(isDone ? icon("check") : String(steps.indexOf(step) + 1));
      slot(line, "standing").textContent = ` (${word(isDone ? "flow.done" : "flow.open")})`;
    }
    if (!current.check()) lacks("");
  }

  async function forward() {
    const why = current.check();
    if (current !== steps.at(-1)) {
      if (why) lacks(why);
      else go(steps[steps.indexOf(current) + 1]);
      return;
    }
    const open = steps.find((step) => step.check());
    if (open) {
      lacks(open === current ? open.check() : word("flow.lacks", { name: open.name, why: open.check() }));
      return;
    }
    if (isBusy) return; // A second tap of a finger in a hurry.
    isBusy = true;
    next.setAttribute("aria-disabled", "true");
    try {
      await onFinish();
    } finally {
      isBusy = false;
      next.removeAttribute("aria-disabled");
    }
  }

  function lacks(text) {
    const note = frame.querySelector("[data-lacks]");
    note.hidden = !text;
    slot(frame, "lacks").textContent = text;
    if (text) note.scrollIntoView({ block: "center" });
  }

  return {
    update,
    lacks,
    redraw: draw,
    go: (id) => go(steps.find((step) => step.id === id)),
    current: () => current.id,
    kept(state) {
      const words = { saving: "flow.saving", saved: "flow.saved", failed: "flow.not-saved" };
      slot(frame, "kept").textContent = word(words[state]);
    },
    unmount: () => mounted?.unmount?.(),
  };
}

function said(text) {
  return Object.assign(document.createElement("span"), { textContent: text });
}
