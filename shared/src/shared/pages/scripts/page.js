// What script adds to every page: GOV.UK's components, and one press for one submission.
// Without it the page works: links are links, and a form posted twice has one effect by its key.
document.body.classList.add("js-enabled", "govuk-frontend-supported");

const url = new URL("govuk-frontend.min.js", import.meta.url);
import(url).then(({ initAll }) => initAll()).catch(() => {
  document.body.classList.remove("js-enabled", "govuk-frontend-supported");
});
