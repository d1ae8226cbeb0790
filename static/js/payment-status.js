// Looks every two seconds whether a payment has been decided, and goes to its page then.
const PAUSE = 2000;
const PATIENCE = 90;

for (const element of document.querySelectorAll("[data-payment-status]")) watch(element);

async function watch(element) {
  for (let tries = 0; tries < PATIENCE; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    try {
      const answer = await fetch(element.dataset.paymentStatus, { headers: { Accept: "application/json" } });
      if (!answer.ok) continue;
      const { state } = await answer.json();
      if (state !== "pending") {
        location.assign(element.dataset.paymentDone);
        return;
      }
    } catch {
      // The network is away for a moment; the next try may succeed.
    }
  }
}
