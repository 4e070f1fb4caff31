// Where the page starts: the views, and what they share.

import { byId } from "./dom.js";
import { FileView } from "./file-view.js";
import { ModelView } from "./model-view.js";
import { Models } from "./models.js";
import { TextView } from "./text-view.js";

const VIEWS = ["text", "file", "model"];

const models = new Models();
const textView = new TextView(models);
const fileView = new FileView(models, (text) => {
  go("text");
  textView.open(text);
});
new ModelView(models);
models.load();

function route() {
  const named = location.hash.slice(1);
  if (named && !VIEWS.includes(named)) return;
  const view = named || "text";
  for (const name of VIEWS) byId(`view-${name}`).hidden = name !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = byId(`${view}-title`).textContent;
  document.title = view === "text" ? "tonality" : `${title} – tonality`;
}

/** Changes the view at once, and in the browser's history. */
function go(view) {
  location.hash = view;
  route();
}

window.addEventListener("hashchange", () => {
  route();
  // A new view is a new page to a screen reader; in the field of the view, the caret is there already.
  const view = location.hash.slice(1) || "text";
  const inField = view === "text" && document.activeElement === byId("input");
  if (VIEWS.includes(view) && !inField) {
    window.scrollTo(0, 0);
    byId(`${view}-title`).focus({ preventScroll: true });
  }
});

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});

/** A file may be dropped anywhere; text dragged into the field is left to the browser. */
function acceptDrops() {
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  const veil = (change) => {
    depth = change === 0 ? 0 : Math.max(0, depth + change);
    byId("veil").hidden = depth === 0;
  };
  window.addEventListener("dragenter", (event) => holdsFile(event) && veil(1));
  window.addEventListener("dragleave", (event) => holdsFile(event) && veil(-1));
  window.addEventListener("dragover", (event) => holdsFile(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    veil(0);
    go("file");
    fileView.takeFirst(event.dataTransfer.files);
  });
}

acceptDrops();
route();
