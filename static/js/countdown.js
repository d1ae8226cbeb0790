// Time left until data-countdown, once a second. Screen readers are told only when it has run out.
export function mount(element) {
  const endsAt = Date.parse(element.dataset.countdown);
  const time = element.querySelector("time") ?? element;
  if (Number.isNaN(endsAt)) return;

  const timer = setInterval(show, 1000);
  show();

  function show() {
    const left = Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
    time.textContent = format(left);
    if (left > 0 && element.isConnected) return;
    clearInterval(timer);
    if (left > 0) return;
    element.setAttribute("role", "status");
    if (element.dataset.over) element.textContent = element.dataset.over;
    element.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
  }
}

function format(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}
