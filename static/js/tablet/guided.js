// What guided flows have in common: the draft is kept at every change, a step may come and go, and the end is one
// command in the outbox, made of the draft and nothing else.
//
//   guided(root, state, {steps: [{id, name, check, draw}], title, about, finishWords, discardDialog, command, done})
//     state      {key, values, files}; gets changed(), keepFile(role, blob), discard() for its steps
//     command()  what outbox.enqueue takes, but for the draft; may be a promise
//     done       what is said afterwards, or a function that says it
import { announce, navigate } from "./app.js";
import { fill, make, note, piece } from "./dom.js";
import * as drafts from "./drafts.js";
import { flow } from "./flow.js";
import * as outbox from "./outbox.js";
import { StorageFull } from "./store.js";
import { word } from "./words.js";

const WAIT_MS = 400; // Keystrokes follow each other; one write for all of them is enough.

// Nothing to guide through: the title says what is wrong, the rest what to do.
export function refuse(root, title, why) {
  root.replaceChildren(fill(piece("pickup-unknown"), { title, why }));
}

export function guided(root, state, { steps, title, about, finishWords, discardDialog, command, done }) {
  const { key, values, files } = state;
  let timer = 0;
  let isOver = false;
  let shown = null;
  Object.assign(state, {
    changed,
    discard,
    // The picture is on the disk before it counts.
    async keepFile(role, blob) {
      await drafts.putFile(key, role, blob);
      files[role] = blob;
    },
  });
  shown = flow(root, {
    title,
    about,
    steps: steps.map(({ draw, ...step }) => ({ ...step, mount: (place) => mountStep(draw, place) })),
    start: values.step,
    visited: values.visited,
    finishWords,
    onStep(id) {
      values.step = id;
      changed();
    },
    onLater: () => navigate(""),
    onFinish: finish,
  });
  const silence = drafts.onChange((told) => told.key === key && !isOver && shown.kept(told.state));
  document.addEventListener("visibilitychange", leaving);
  changed();
  if (!Object.keys(files).length) warnOfFullDisk();

  // Before the first photograph, while it can still be done elsewhere.
  async function warnOfFullDisk() {
    if ((await outbox.hasRoom()) || isOver) return;
    root.prepend(make("div", { className: "wrap full-disk" }, note("bad", word("queue.full"))));
  }

  // A step may need a moment, to compute a hash; if it is left meanwhile, what it drew goes with its place.
  function mountStep(draw, place) {
    const part = document.createElement("div");
    place.append(part);
    let mounted = null;
    let isGone = false;
    Promise.resolve(draw(part, state)).then((found) => {
      mounted = found ?? null;
      if (isGone) mounted?.unmount?.();
    });
    return {
      unmount() {
        isGone = true;
        mounted?.unmount?.();
      },
    };
  }

  function changed() {
    shown?.update();
    clearTimeout(timer);
    timer = setTimeout(store, WAIT_MS);
  }

  function store() {
    clearTimeout(timer);
    timer = 0;
    return isOver ? null : drafts.save(key, values).catch(() => null); // What failed is said by `kept`.
  }

  function leaving() {
    if (document.visibilityState === "hidden") store();
  }

  async function finish() {
    await store();
    try {
      const made = await command();
      isOver = true;
      await outbox.enqueue({ ...made, draft: key });
      announce(typeof done === "function" ? done() : done);
      await navigate("", { replace: true });
    } catch (error) {
      isOver = false;
      if (error instanceof StorageFull) shown.lacks(word("flow.no-room"));
      else if (error instanceof outbox.DraftGone) shown.lacks(word("flow.gone"));
      else {
        shown.lacks(word("flow.failed"));
        reportError(error);
      }
    }
  }

  function discard() {
    const dialog = piece(discardDialog);
    root.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.querySelector("[data-no]").addEventListener("click", () => dialog.close());
    dialog.querySelector("[data-yes]").addEventListener("click", async () => {
      isOver = true;
      dialog.close();
      await drafts.discard(key);
      await navigate("", { replace: true });
    });
    dialog.showModal();
  }

  return {
    async close() {
      document.removeEventListener("visibilitychange", leaving);
      if (timer) await store();
      isOver = true;
      await drafts.settled(key);
      silence();
      shown.unmount();
    },
  };
}
