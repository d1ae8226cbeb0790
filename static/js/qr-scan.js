// Reads a QR code with the camera into the field named by data-target. Typing always remains.
export function mount(element) {
  const target = document.getElementById(element.dataset.target);
  const panel = element.querySelector("[data-qr-panel]");
  const video = element.querySelector("video");
  const state = element.querySelector("[data-qr-state]");
  const start = element.querySelector("[data-qr-start]");
  let scanner = null;

  if (!target || !navigator.mediaDevices?.getUserMedia) {
    element.hidden = true;
    return;
  }
  start.addEventListener("click", open);
  element.querySelector("[data-qr-stop]").addEventListener("click", close);

  async function open() {
    start.disabled = true;
    panel.hidden = false;
    state.textContent = element.dataset.textLooking;
    try {
      const { default: QrScanner } = await import("../vendor/qr-scanner/qr-scanner.min.js");
      scanner = new QrScanner(video, ({ data }) => use(data), { returnDetailedScanResult: true });
      await scanner.start();
    } catch {
      close();
      state.textContent = element.dataset.textDenied;
      target.focus();
    }
  }

  function use(text) {
    close();
    target.value = text.trim();
    target.dispatchEvent(new Event("input", { bubbles: true }));
    if ("submit" in element.dataset) target.form?.requestSubmit();
    else target.focus();
  }

  function close() {
    scanner?.destroy();
    scanner = null;
    panel.hidden = true;
    start.disabled = false;
    state.textContent = "";
  }
}
