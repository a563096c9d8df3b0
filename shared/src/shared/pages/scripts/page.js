// What script adds to every page: GOV.UK's components, and one press for one submission.
// Without it the page works: links are links, and a form posted twice has one effect by its key.
document.body.classList.add("js-enabled", "govuk-frontend-supported");

const url = new URL("govuk-frontend.min.js", import.meta.url);
import(url).then(({ initAll }) => initAll()).catch(() => {
  document.body.classList.remove("js-enabled", "govuk-frontend-supported");
});

// How many minutes are left, told once a minute in the words that came along, of one minute and more; how
// long it is in all, the page says in words.
for (const told of document.querySelectorAll("[data-seconds-left]")) {
  const ends = performance.now() + Number(told.dataset.secondsLeft) * 1000;
  const words = told.dataset.left.split("|");
  const tell = () => {
    const left = Math.ceil((ends - performance.now()) / 60000);
    told.textContent = left > 0 ? ` ${words[left - 1]}` : ` ${told.dataset.over}`;
    if (left > 0) setTimeout(tell, ends - performance.now() - (left - 1) * 60000 + 50);
  };
  tell();
}
