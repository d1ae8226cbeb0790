// The stations on a map. Leaflet is fetched only where a map is; the list beside it says the same.
const TILE_ERRORS_ALLOWED = 3;
const PIN_SIZE = 44;

export async function mount(element) {
  const source = element.querySelector("script[type='application/json']");
  const stations = JSON.parse(source?.textContent || "[]");
  await Promise.all([
    loadStyle(element.dataset.css),
    loadStyle(element.dataset.clusterCss),
    import("../vendor/leaflet/leaflet.js"),
  ]);
  await import("../vendor/markercluster/leaflet.markercluster.js");
  const { L } = window;

  const map = L.map(element, { maxZoom: 19, scrollWheelZoom: false, zoomAnimation: !prefersStillness() });
  map.attributionControl.setPrefix("Leaflet");
  addTiles(L, map, element.dataset);
  const group = L.markerClusterGroup({
    showCoverageOnHover: false,
    maxClusterRadius: PIN_SIZE, // Together only where pins would lie on each other.
    animate: !prefersStillness(),
    iconCreateFunction: (cluster) => pin(L, countOf(cluster), "map-pin map-pin-group"),
  });
  for (const station of stations) group.addLayer(marker(L, station, element.dataset));
  map.addLayer(group);

  if (stations.length) map.fitBounds(group.getBounds().pad(0.2), { maxZoom: 15 });
  else map.setView([16.05, 107.5], 5);
  element.dataset.ready = "";
}

function loadStyle(href) {
  return new Promise((resolve) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve);
    document.head.append(link);
  });
}

function addTiles(L, map, { tiles, attribution }) {
  if (!tiles) return;
  const layer = L.tileLayer(tiles.replace(/^xyz:/, ""), { attribution, maxZoom: 19 });
  let errors = 0;
  layer.on("tileerror", () => {
    errors += 1;
    if (errors >= TILE_ERRORS_ALLOWED) layer.remove(); // A plain ground with pins beats a broken picture.
  });
  layer.addTo(map);
}

// A pin says how many vehicles are free, so a group of pins says the same, never how many stations it holds.
function countOf(cluster) {
  const counts = cluster.getAllChildMarkers().map((child) => child.options.free);
  const known = counts.filter((count) => typeof count === "number");
  return known.length ? String(known.reduce((sum, count) => sum + count, 0)) : "";
}

function marker(L, station, { textFree, textOpen }) {
  const hasFree = typeof station.free === "number";
  const name = hasFree ? `${station.name}, ${station.free} ${textFree}` : station.name;
  const className = hasFree && station.free === 0 ? "map-pin map-pin-none" : "map-pin";
  const result = L.marker([station.lat, station.lon], {
    icon: pin(L, hasFree ? String(station.free) : "", className),
    title: name,
    alt: name,
    keyboard: true,
    free: station.free,
  });
  result.bindPopup(() => popup(station, textOpen));
  // Leaflet gives a div icon role=button and a title; a name of its own is what screen readers need.
  result.on("add", () => result.getElement()?.setAttribute("aria-label", name));
  return result;
}

function pin(L, text, className) {
  const label = Object.assign(document.createElement("span"), { textContent: text });
  const size = { iconSize: [PIN_SIZE, PIN_SIZE], popupAnchor: [0, -PIN_SIZE / 2] };
  return L.divIcon({ html: label, className, ...size });
}

function popup(station, textOpen) {
  const box = document.createElement("div");
  const name = Object.assign(document.createElement("strong"), { textContent: station.name });
  const address = Object.assign(document.createElement("p"), { textContent: station.address ?? "" });
  const link = Object.assign(document.createElement("a"), { href: station.url, textContent: textOpen });
  box.append(name, address, link);
  return box;
}

function prefersStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
