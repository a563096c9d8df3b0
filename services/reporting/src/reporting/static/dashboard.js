// Keeps the dashboard's table and map at the newest figures while the page is open.
// Without it the page shows how things were when it was loaded, and the table says all that the map says.

const page = document.getElementById("dashboard");
const staleAfter = Number(page.dataset.staleSeconds);
const LEVELS = 4;

// How fresh ---------------------------------------------------------------------------------------

const heard = { lag: null, at: performance.now() };

function fresh({ as_of: asOf, lag_seconds: lag }) {
  heard.lag = lag;
  heard.at = performance.now();
  if (asOf) {
    const time = document.getElementById("as-of");
    time.dateTime = asOf;
    time.textContent = saidAsDate(new Date(asOf));
  }
  showLag();
}

function showLag() {
  const first = document.getElementById("lag").dataset.seconds;
  const known = heard.lag ?? (first === undefined ? null : Number(first));
  if (known === null) {
    return;
  }
  const lag = known + (performance.now() - heard.at) / 1000;
  document.getElementById("lag").textContent = saidAsLag(lag);
  document.getElementById("stale").hidden = lag <= staleAfter;
}

function saidAsLag(seconds) {
  const units = [[1, "second", 60], [60, "minute", 3600], [3600, "hour", 86400]];
  for (const [unit, name, end] of units) {
    if (seconds < end) {
      const number = Math.floor(seconds / unit);
      return `${number} ${name}${number === 1 ? "" : "s"} behind`;
    }
  }
  return "more than a day behind";
}

function saidAsDate(instant) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Europe/London",
    weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit", hour12: true,
  });
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  const minutes = part.minute === "00" ? "" : `:${part.minute}`;
  const hour = String(Number(part.hour) || 12);
  const half = part.dayPeriod.toLowerCase().replace(/[^apm]/g, "");
  const said = minutes === "" && hour === "12" ? (half === "am" ? "midnight" : "midday") : hour + minutes + half;
  return `${part.weekday} ${part.day} ${part.month}, ${said}`;
}

// The table ---------------------------------------------------------------------------------------

const keyOf = (ward) => (ward ? `${ward.set}/${ward.code}` : "");

// Puts the counts of a "figures" event in; false when it tells of a ward that has no line yet.
function fill(figures) {
  const counts = new Map();
  for (const measure of ["walks", "concerns"]) {
    for (const { ward, light, count } of figures[measure]) {
      counts.set(`${measure} ${light} ${keyOf(ward)}`, count);
    }
  }
  const lines = [...page.querySelectorAll("tr[data-ward]")];
  const lights = new Set([...page.querySelectorAll("td[data-light]")].map((cell) => cell.dataset.light));
  lights.delete("");
  for (const line of lines) {
    for (const cell of line.querySelectorAll("td[data-measure]")) {
      const { measure, light } = cell.dataset;
      const told = (light ? [light] : [...lights]).map(
        (each) => counts.get(`${measure} ${each} ${line.dataset.ward}`) ?? 0,
      );
      cell.textContent = told.reduce((sum, count) => sum + count, 0);
    }
  }
  sumUp(lines);
  const known = new Set(lines.map((line) => line.dataset.ward));
  const told = [...figures.walks, ...figures.concerns].map(({ ward }) => keyOf(ward));
  return document.getElementById("ward").value !== "" || told.every((key) => known.has(key));
}

function sumUp(lines) {
  const rows = lines.map((line) => [...line.querySelectorAll("td")].map((cell) => Number(cell.textContent)));
  page.querySelectorAll("tfoot td").forEach((cell, column) => {
    cell.textContent = rows.reduce((sum, row) => sum + row[column], 0);
  });
}

// Loads the page again and takes its table: for chosen days, which the stream does not tell apart.
// Put off by a few seconds, other ones in each browser, so that many do not ask at once.
let refreshing = null;

function refreshSoon() {
  refreshing ??= setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const newer = new DOMParser().parseFromString(await answer.text(), "text/html");
      const table = newer.querySelector("#figures table");
      if (answer.ok && table) {
        page.querySelector("#figures table").replaceWith(table);
        drawCounts();
      }
    } finally {
      refreshing = null;
    }
  }, 2000 + 6000 * Math.random());
}

// The map -----------------------------------------------------------------------------------------

const wards = [];

async function drawMap() {
  const answer = await fetch(page.dataset.outlines);
  if (!window.L || !answer.ok) {
    return;
  }
  const outlines = await answer.json();
  document.getElementById("map-section").hidden = false;
  const map = L.map("map", { scrollWheelZoom: false });
  map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution(`Wards: ${outlines.name}`);
  const layer = L.geoJSON(outlines, {
    style: { color: "#1d2b53", weight: 1.5, fillOpacity: 1 },
    onEachFeature: ({ properties }, shape) => {
      shape.bindTooltip("", { permanent: true, direction: "center", className: "app-count" });
      wards.push({ key: `${outlines.name}/${properties.code}`, shape });
    },
  }).addTo(map);
  map.fitBounds(layer.getBounds());
  drawCounts();
}

function drawCounts() {
  if (wards.length === 0) {
    return;
  }
  const counts = new Map();
  for (const line of page.querySelectorAll("tr[data-ward]")) {
    const cells = [...line.querySelectorAll(`td[data-measure="${page.dataset.show}"]`)];
    counts.set(line.dataset.ward, Number(cells.at(-1).textContent));
  }
  const most = Math.max(LEVELS, ...wards.map(({ key }) => counts.get(key) ?? 0));
  for (const { key, shape } of wards) {
    const count = counts.get(key);
    shape.setStyle({ fillColor: `url(#shade-${count ? Math.ceil((count / most) * LEVELS) : 0})` });
    shape.setTooltipContent(count === undefined ? "" : String(count));
  }
  showLegend(most);
}

function showLegend(most) {
  for (const said of document.querySelectorAll("#legend [data-level]")) {
    const level = Number(said.dataset.level);
    const from = Math.floor((most * (level - 1)) / LEVELS) + 1;
    const to = Math.floor((most * level) / LEVELS);
    said.textContent = level === 0 ? "none" : from === to ? `${to}` : `${from} to ${to}`;
  }
}

// Live --------------------------------------------------------------------------------------------

function listen() {
  const state = document.getElementById("live");
  const stream = new EventSource(page.dataset.live);
  const say = (words) => {
    state.hidden = false;
    if (state.textContent !== words) {
      state.textContent = words;
    }
  };
  stream.addEventListener("open", () => say("This page changes by itself."));
  stream.addEventListener("error", () => {
    const over = stream.readyState === EventSource.CLOSED;
    say(over ? "This page no longer changes by itself: load it again." : "Connecting again.");
  });
  stream.addEventListener("progress", ({ data }) => fresh(JSON.parse(data)));
  stream.addEventListener("figures", ({ data }) => {
    const figures = JSON.parse(data);
    fresh(figures);
    if (page.dataset.dated === "yes" || !fill(figures)) {
      refreshSoon();
    } else {
      drawCounts();
    }
  });
}

setInterval(showLag, 1000);
listen();
drawMap().catch(() => {});
