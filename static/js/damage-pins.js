// Damage marks: tap the drawing, or choose a part and add. The marks travel as JSON in a hidden field,
// with x and y in thousandths of the drawing, so that any size of drawing can show them again.
const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 9;
const SCALE = 1000;

export function mount(element) {
  const drawing = element.querySelector("[data-pins-drawing]");
  const list = element.querySelector("[data-pins-list]");
  const field = element.querySelector("[data-pins-value]");
  const part = element.querySelector("[data-pins-part]");
  const isReadonly = "readonly" in element.dataset;
  const isSingle = "single" in element.dataset;
  // So many marks stand on the drawing already: a new one is the next.
  const marked = Number(element.dataset.marked ?? 0);
  const { width, height } = drawing.viewBox.baseVal;
  const layer = drawing.appendChild(document.createElementNS(SVG, "g"));
  const marks = parse(field.value);

  if (!isReadonly) {
    drawing.addEventListener("click", addAtPointer);
    element.querySelector("[data-pins-add]")?.addEventListener("click", addAtPart);
    if (isSingle) part.addEventListener("change", addAtPart);
  }
  draw();

  function addAtPointer(event) {
    const shape = event.target.closest("[data-part]");
    if (!shape) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    add(point.x, point.y, shape.dataset.part);
  }

  function addAtPart() {
    const shape = part.value && drawing.querySelector(`[data-part="${part.value}"]`);
    if (!shape) {
      if (isSingle) clear(); // A part that is not on the drawing: the list alone says it.
      return;
    }
    const box = shape.getBBox();
    add(box.x + box.width / 2, box.y + box.height / 2, part.value);
  }

  function add(x, y, name) {
    if (isSingle) {
      marks.length = 0;
      part.value = name;
    }
    marks.push({ x: Math.round((x / width) * SCALE), y: Math.round((y / height) * SCALE), part: name });
    update();
  }

  function clear() {
    marks.length = 0;
    update();
  }

  function update() {
    field.value = JSON.stringify(marks);
    field.dispatchEvent(new Event("change", { bubbles: true }));
    draw();
  }

  function draw() {
    layer.replaceChildren(...marks.map(drawPin));
    list.replaceChildren(...marks.map(drawLine));
  }

  function drawPin(mark, index) {
    const group = document.createElementNS(SVG, "g");
    const circle = document.createElementNS(SVG, "circle");
    const text = document.createElementNS(SVG, "text");
    const [x, y] = [(mark.x / SCALE) * width, (mark.y / SCALE) * height];
    group.setAttribute("class", "pin");
    set(circle, { cx: x, cy: y, r: RADIUS });
    set(text, { x, y });
    text.textContent = marked + index + 1;
    group.append(circle, text);
    return group;
  }

  function drawLine(mark, index) {
    const line = document.createElement("li");
    const name = `${marked + index + 1}. ${labelOf(mark.part)}`;
    line.className = "row spread";
    line.append(Object.assign(document.createElement("span"), { textContent: name }));
    if (!isReadonly) {
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        className: "btn btn-link",
        textContent: element.dataset.textRemove,
      });
      button.setAttribute("aria-label", `${element.dataset.textRemove} ${name}`);
      button.addEventListener("click", () => {
        marks.splice(index, 1);
        update();
      });
      line.append(button);
    }
    return line;
  }

  function labelOf(value) {
    const option = part && [...part.options].find((candidate) => candidate.value === value);
    return option?.textContent ?? value;
  }
}

function parse(text) {
  try {
    const marks = JSON.parse(text || "[]");
    return Array.isArray(marks) ? marks : [];
  } catch {
    return [];
  }
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}
