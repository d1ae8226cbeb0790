// A checklist by component: each point in order or not, and "all in order" for what is still open of a group.
//
// mount(element, {list, value, onChange}) -> {state()}
//   list: a checklist of the snapshot {items: [{code, component, words, hint, is_mandatory}]}
//   value: {checked: [codes], red: [codes]}
//   state(): {isDone, open: [codes], red: [codes]}; done when every mandatory point has its answer
import { clone, fill, piece } from "../dom.js";
import { spoken, word } from "../words.js";

export function mount(element, { list, value = {}, onChange }) {
  const root = piece("part-checklist");
  const checked = new Set(value.checked ?? []);
  const red = new Set(value.red ?? []);
  const rows = new Map();
  const groups = new Map();
  for (const item of list.items) groups.set(item.component, [...(groups.get(item.component) ?? []), item]);
  root.append(...[...groups].map(([component, items]) => group(component, items)));
  element.replaceChildren(root);
  draw();

  function group(component, items) {
    const section = clone("part-checklist-group").firstElementChild;
    const name = component ? word(`component.${component}`) : "";
    fill(section, { group: name });
    const all = section.querySelector("[data-all]");
    if (name) all.append(hidden(` ${name}`));
    all.hidden = items.length < 2;
    all.addEventListener("click", () => {
      for (const { code } of items) if (!red.has(code)) checked.add(code);
      settle();
    });
    section.querySelector("ul").append(...items.map(row));
    return section;
  }

  function row(item) {
    const line = clone("part-checklist-item").firstElementChild;
    const words = spoken(item.words);
    fill(line, { words, hint: [spoken(item.hint), item.is_mandatory ? "" : word("checklist.optional")].filter(Boolean).join(" · ") });
    line.querySelector("[role='group']").setAttribute("aria-label", words);
    for (const button of line.querySelectorAll("[data-answer]")) {
      button.addEventListener("click", () => answer(item.code, button.dataset.answer));
    }
    rows.set(item.code, line);
    return line;
  }

  function answer(code, said) {
    const [into, from] = said === "ok" ? [checked, red] : [red, checked];
    from.delete(code);
    if (into.has(code)) into.delete(code);
    else into.add(code);
    settle();
  }

  function settle() {
    draw();
    onChange?.({ checked: inOrder(checked), red: inOrder(red) });
  }

  function inOrder(codes) {
    return list.items.map(({ code }) => code).filter((code) => codes.has(code));
  }

  function draw() {
    for (const [code, line] of rows) {
      line.classList.toggle("look-row-ok", checked.has(code));
      line.classList.toggle("look-row-bad", red.has(code));
      for (const button of line.querySelectorAll("[data-answer]")) {
        const isOn = (button.dataset.answer === "ok" ? checked : red).has(code);
        button.setAttribute("aria-pressed", String(isOn));
      }
    }
  }

  return {
    state() {
      const open = list.items.filter(
        ({ code, is_mandatory: isMandatory }) => isMandatory && !checked.has(code) && !red.has(code),
      );
      return { isDone: open.length === 0, open: open.map(({ code }) => code), red: inOrder(red) };
    },
  };
}

function hidden(text) {
  const element = document.createElement("span");
  element.className = "visually-hidden";
  element.textContent = text;
  return element;
}
