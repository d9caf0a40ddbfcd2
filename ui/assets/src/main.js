// The scripts of the pages: htmx for the right pane, and a handful of modules.
// Everything they do is also done by links and forms without them.
import "htmx.org/dist/htmx.esm.js";
import { keys } from "./keys.js";
import { pane } from "./pane.js";
import { pick } from "./pick.js";
import { splitter } from "./splitter.js";
import { suggest } from "./suggest.js";
import { upload } from "./upload.js";

document.documentElement.classList.add("js");
const token = document.querySelector('meta[name="csrf"]')?.content ?? "";

document.addEventListener("htmx:config:request", (e) => {
  e.detail.ctx.request.headers["X-CSRF-Token"] = token;
});

pane();
keys();
pick();
splitter();
suggest();
upload(token);

document.addEventListener("click", (e) => {
  if (e.target.closest("[data-print]")) print();
});
