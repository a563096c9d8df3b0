// Keeps the list of alerts fresh by loading this same page again. Without script the page has a link
// that does the same. Nothing is swapped while somebody is at one of its buttons or links, and a new
// alert is said once to a screen reader.
const EVERY = 10_000;

const said = document.createElement("p");
said.className = "govuk-visually-hidden";
said.setAttribute("role", "status");
document.getElementById("main-content").append(said);

const waiting = (list) =>
  new Set([...list.querySelectorAll("form")].map((form) => form.action));

async function refresh() {
  const list = document.getElementById("alerts");
  if (document.hidden || list.contains(document.activeElement)) return;
  const answer = await fetch("/notifications/alerts", { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("alerts");
  if (!fresh || list.contains(document.activeElement)) return;
  const before = waiting(list);
  const added = [...waiting(fresh)].filter((action) => !before.has(action)).length;
  list.replaceWith(fresh);
  document.title = page.title;
  if (added) said.textContent = added === 1 ? "A new alert is waiting." : `${added} new alerts are waiting.`;
}

setInterval(() => refresh().catch(() => {}), EVERY);
document.addEventListener("visibilitychange", () => refresh().catch(() => {}));
