// In place of the snapshot: counts how often it was asked for.
export async function refresh() {
  window.refreshes = (window.refreshes ?? 0) + 1;
}
