// Keeps the list of alerts fresh by loading this same page again; without script the page has a link
// that does the same. A list that could not be refreshed says so: an old list must not look like a
// quiet one. The focus stays where it was, and a new alert is said once to a screen reader.
const EVERY = 10_000;

const said = document.createElement("p");
said.className = "govuk-visually-hidden";
said.setAttribute("role", "status");
document.getElementById("main-content").append(said);

const buttons = (list) => [...list.querySelectorAll("button")].map((button) => button.id);

async function load() {
  const answer = await fetch("/notifications/alerts", { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("alerts");
  if (!answer.ok || !fresh) throw new Error("no list");
  return [fresh, page.title];
}

function swap(list, fresh, title) {
  const before = new Set(buttons(list));
  const held = list.contains(document.activeElement) ? document.activeElement.id : "";
  list.replaceWith(fresh);
  document.title = title;
  if (held) (document.getElementById(held) ?? document.getElementById("waiting")).focus();
  const added = buttons(fresh).filter((id) => !before.has(id)).length;
  if (added) said.textContent = added === 1 ? "A new alert is waiting." : `${added} new alerts are waiting.`;
}

async function refresh() {
  try {
    const [fresh, title] = await load();
    const list = document.getElementById("alerts");
    if (!list.querySelector(":active")) swap(list, fresh, title); // nobody is pressing anything
  } catch {
    document.getElementById("stale").hidden = false;
  }
}

setInterval(refresh, EVERY);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
