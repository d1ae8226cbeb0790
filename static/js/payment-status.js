// Looks whether a payment has been decided, and goes to its page then: every two seconds at first, then less often.
// data-payment-received: what came so far; the page is loaded anew when a part comes.
const SOON = 2000;
const LATER = 5000;
const IMPATIENT = 90;
const PATIENCE = 1000;

for (const element of document.querySelectorAll("[data-payment-status]")) watch(element);

async function watch(element) {
  let isOver = false;
  element.addEventListener("countdown:over", () => (isOver = true));
  for (let tries = 0; tries < PATIENCE; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, tries < IMPATIENT ? SOON : LATER));
    if (document.hidden && !isOver) continue;
    try {
      const answer = await fetch(element.dataset.paymentStatus, { headers: { Accept: "application/json" } });
      if (!answer.ok) continue;
      const { state, received } = await answer.json();
      if (state !== "pending" || isOver) {
        location.assign(element.dataset.paymentDone);
        return;
      }
      if ("paymentReceived" in element.dataset && String(received) !== element.dataset.paymentReceived) {
        location.reload();
        return;
      }
    } catch {
      // The network is away for a moment; the next try may succeed.
    }
  }
}
