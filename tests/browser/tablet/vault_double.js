// In place of the vault: a key that is at hand unless a test takes it away.
let key = null;
let isOpen = true;

async function theKey() {
  if (localStorage.getItem("double-locked")) throw new Error("locked");
  key ??= await crypto.subtle.importKey("raw", new Uint8Array(32).fill(7), "AES-GCM", false, ["encrypt", "decrypt"]);
  return key;
}

export async function encrypt(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await theKey(), value) };
}

export async function decrypt({ iv, data }) {
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await theKey(), data));
}

export const person = () => (isOpen ? { id: "U-1", name: "Quang Huy", role: "attendant" } : null);
export const isUnlocked = () => isOpen && !localStorage.getItem("double-locked");
export const lock = () => (isOpen = false);

export async function wipe(reason) {
  localStorage.setItem("double-locked", reason);
  document.dispatchEvent(new CustomEvent("tablet:wiped", { detail: { reason } }));
}
