// Small pieces of page: templates of the shell, cloned and filled. Nothing is built from strings of HTML.
const SVG = "http://www.w3.org/2000/svg";

// A copy of what stands in <template id="…">.
export function clone(id) {
  const template = document.getElementById(id);
  if (!template) throw new Error(`No template ${id}`);
  return document.importNode(template.content, true);
}

// A copy of a template with one element in it, as that element.
export function piece(id) {
  return clone(id).firstElementChild;
}

// Puts words into [data-slot="name"]; null, undefined and "" hide the element, true and false show and hide it.
export function fill(root, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const element of slots(root, name)) {
      const isSaid = value !== null && value !== undefined && value !== "" && value !== false;
      element.hidden = !isSaid;
      if (isSaid && value !== true) element.textContent = value;
    }
  }
  return root;
}

function slots(root, name) {
  const selector = `[data-slot="${name}"]`;
  const found = [...root.querySelectorAll(selector)];
  if (root instanceof Element && root.matches(selector)) found.push(root);
  return found;
}

export const slot = (root, name) => slots(root, name)[0] ?? null;

export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.documentElement.dataset.icons}#${name}`);
  drawing.append(use);
  return drawing;
}

const ICONS = { ok: "circle-check", warn: "triangle-alert", bad: "circle-x", info: "info" };

// A small label: kind is ok, warn, bad, info or nothing; colour never speaks alone.
export function tag(text, kind = "") {
  const element = document.createElement("span");
  element.className = kind ? `tag tag-${kind}` : "tag";
  if (ICONS[kind]) element.append(icon(ICONS[kind]));
  element.append(text);
  return element;
}

// A note of one or more sentences.
export function note(kind, ...sentences) {
  const element = document.createElement("div");
  element.className = `note note-${kind}`;
  const body = document.createElement("div");
  body.className = "note-body";
  body.append(...sentences.filter(Boolean).map((text) => make("p", { textContent: text })));
  element.append(icon(ICONS[kind]), body);
  return element;
}

export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Puts rows into a list; an empty list gives way to its words ([data-empty] beside it).
export function rows(list, elements) {
  list.replaceChildren(...elements);
  list.hidden = elements.length === 0;
  const empty = list.parentElement?.querySelector(":scope > [data-empty]");
  if (empty) empty.hidden = elements.length > 0;
}

// Addresses of blobs that are shown; all of them are given back when a screen goes.
const shown = new Set();

export function address(blob) {
  const url = URL.createObjectURL(blob);
  shown.add(url);
  return url;
}

export function releaseAddresses() {
  for (const url of shown) URL.revokeObjectURL(url);
  shown.clear();
}
