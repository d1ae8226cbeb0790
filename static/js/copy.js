// A button that copies data-copy. It is hidden until this runs: without a script the text beside it is selected whole
// by one tap.
const SHOWN = 2000;

export function mount(button) {
  const label = button.querySelector("span");
  const words = label.textContent;
  const said = document.querySelector("[data-copy-said]");
  let timer;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (!(await copy(button.dataset.copy))) return;
    label.textContent = button.dataset.copyDone;
    if (said) said.textContent = `${button.dataset.copyDone}: ${button.dataset.copy}`;
    clearTimeout(timer);
    timer = setTimeout(() => (label.textContent = words), SHOWN);
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text); // An old browser, or a page that is not served over HTTPS.
  }
}

function copySelected(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
