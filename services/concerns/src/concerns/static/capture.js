// Fills the form's latitude and longitude from the device or from a map of the wards.
// Without it they are typed, or a place is chosen from the list.

const section = document.getElementById("locate");
const status = section.querySelector("[role=status]");
const latitude = document.getElementById("latitude");
const longitude = document.getElementById("longitude");
const spot = document.getElementById("spot");

let marker = null;
let map = null;

function point(lat, lon) {
  latitude.value = lat.toFixed(6);
  longitude.value = lon.toFixed(6);
  if (spot) {
    spot.value = "";
  }
  show(lat, lon);
}

function show(lat, lon) {
  if (!map) {
    return;
  }
  marker?.remove();
  marker = L.circleMarker([lat, lon], { radius: 9, weight: 3, color: "#0b0c0c", fillColor: "#ffdd00", fillOpacity: 1 });
  marker.addTo(map);
  map.panTo([lat, lon]);
}

function locate() {
  status.textContent = "Finding where you are";
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      point(coords.latitude, coords.longitude);
      status.textContent = `Found, to about ${Math.round(coords.accuracy)} metres`;
    },
    () => {
      status.textContent = "Your device does not say where you are: choose the place another way";
    },
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 },
  );
}

async function drawMap() {
  const box = document.getElementById("map");
  const answer = await fetch(box.dataset.outlines);
  if (!answer.ok) {
    throw new Error("no outlines");
  }
  const wards = L.geoJSON(await answer.json(), {
    style: { color: "#1d2b53", weight: 1.5, fillOpacity: 0.06 },
    onEachFeature: (feature, layer) => layer.bindTooltip(feature.properties.name, { sticky: true }),
  });
  map = L.map(box, { attributionControl: false });
  wards.addTo(map);
  map.fitBounds(wards.getBounds());
  map.on("click", ({ latlng }) => point(latlng.lat, latlng.lng));
  const said = [Number.parseFloat(latitude.value), Number.parseFloat(longitude.value)];
  if (said.every(Number.isFinite)) {
    show(...said);
  }
}

section.hidden = false;
const button = section.querySelector("button");
if ("geolocation" in navigator) {
  button.addEventListener("click", locate);
} else {
  button.hidden = true;
}
spot?.addEventListener("change", () => {
  if (spot.value) {
    latitude.value = "";
    longitude.value = "";
    marker?.remove();
  }
});
if (window.L) {
  drawMap().catch(() => {
    document.getElementById("map").hidden = true;
    document.getElementById("map-hint").hidden = true;
  });
} else {
  document.getElementById("map").hidden = true;
  document.getElementById("map-hint").hidden = true;
}
