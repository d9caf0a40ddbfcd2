// The right pane: what comes into it, and what of it is only presentation
// (magnifying, turning, the next mark of the same page) and needs no request.
const $ = (s, from = document) => from.querySelector(s);

// arrived marks the row of what is open, says it, and gives focus back.
function arrived(focusId) {
  const p = $("#pane");
  if (!p) return;
  const doc = p.dataset.doc ?? "";
  for (const tr of document.querySelectorAll("tr[data-doc]")) {
    if (doc && tr.dataset.doc === doc) tr.setAttribute("aria-current", "true");
    else tr.removeAttribute("aria-current");
  }
  $(".split")?.classList.toggle("has-doc", doc !== "");
  if (p.dataset.title) document.title = p.dataset.title;
  const live = $("#live");
  if (live && p.dataset.announce) live.textContent = p.dataset.announce;
  if (focusId === "v-page") p.focus({ preventScroll: true }); // after a jump the letters are keys again
  else if (focusId && document.activeElement === document.body) (document.getElementById(focusId) ?? p).focus({ preventScroll: true });
  if (doc && matchMedia("(max-width: 999px)").matches) p.scrollIntoView({ block: "start" });
  showHit();
}

function showHit() {
  $("#hit")?.scrollIntoView({ block: "center", inline: "center" });
}

// rewrite changes one value in every link and form of the pane, and in the address.
function rewrite(name, value) {
  const change = (href) => {
    const u = new URL(href, location.href);
    if (value === "") u.searchParams.delete(name);
    else u.searchParams.set(name, value);
    return u;
  };
  const here = change(location.href);
  history.replaceState(history.state, "", here.pathname + here.search);
  for (const a of document.querySelectorAll("#pane a[hx-get]")) {
    if (new URL(a.href).pathname !== here.pathname) continue;
    const u = change(a.getAttribute("href"));
    a.setAttribute("href", u.pathname + u.search + u.hash);
    a.setAttribute("hx-get", u.pathname + u.search + u.hash);
  }
  const form = $("#pane .goto");
  if (!form) return;
  let field = $(`input[name="${name}"]`, form);
  if (value === "") field?.remove();
  else {
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.append(field);
    }
    field.value = value;
  }
}

const steps = [50, 75, 100, 150, 200, 300];

// lead makes a tool lead somewhere; without an address it is off.
function lead(el, to) {
  if (!el) return;
  if (to) {
    el.setAttribute("href", to);
    el.setAttribute("hx-get", to);
    el.removeAttribute("aria-disabled");
    el.removeAttribute("role");
    return;
  }
  el.removeAttribute("href");
  el.removeAttribute("hx-get");
  el.setAttribute("role", "link");
  el.setAttribute("aria-disabled", "true");
}

function tool(id, value, name) {
  const u = new URL(location.href);
  u.searchParams.set(name, value);
  lead(document.getElementById(id), value === undefined ? "" : u.pathname + u.search);
}

// zoom magnifies in place; above 100 % the full picture is fetched.
function zoom(to) {
  const desk = $("[data-desk]");
  if (!desk) return;
  for (const s of steps) desk.classList.toggle("zoom-" + s, s === to);
  const img = $("img", desk);
  if (to > 100 && img.src !== new URL(img.dataset.full, location.href).href) img.src = img.dataset.full;
  const at = steps.indexOf(to);
  $("#v-zoom").textContent = to + " %";
  rewrite("zoom", to === 100 ? "" : String(to));
  tool("v-smaller", steps[at - 1], "zoom");
  tool("v-larger", steps[at + 1], "zoom");
}

function turn(to) {
  const desk = $("[data-desk]");
  if (!desk) return;
  for (const t of [0, 90, 180, 270]) desk.classList.toggle("turn-" + t, t === to);
  rewrite("turn", to === 0 ? "" : String(to));
  tool("v-turn", (to + 90) % 360, "turn");
}

// mark moves to another hit of the same page; false if it lies on another.
function mark(link) {
  const u = new URL(link.href);
  const here = new URL(location.href);
  if ((u.searchParams.get("page") ?? "1") !== (here.searchParams.get("page") ?? "1")) return false;
  const n = Number(u.searchParams.get("hit"));
  const hits = [...document.querySelectorAll("#pane .hit")];
  if (!n || n > hits.length) return false;
  hits.forEach((h, i) => {
    h.classList.toggle("hit-here", i + 1 === n);
    if (i + 1 === n) h.id = "hit";
    else h.removeAttribute("id");
  });
  rewrite("hit", String(n));
  const line = $("#v-hits");
  line.textContent = line.dataset.one.replace("{i}", n).replace("{n}", hits.length);
  $("#live").textContent = line.textContent;
  showHit();
  return [n, hits.length];
}

// onlyLook handles the clicks that need no request. It runs before htmx.
function onlyLook(e) {
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;
  const a = e.target.closest?.("#pane a.tool");
  if (!a) return;
  let done = true;
  const off = a.getAttribute("aria-disabled") === "true";
  if (!off && !$("[data-desk]")) return;
  const u = off ? null : new URL(a.href);
  if (off) e.preventDefault();
  else if (a.id === "v-smaller" || a.id === "v-larger") zoom(Number(u.searchParams.get("zoom") ?? "100"));
  else if (a.id === "v-turn") turn(Number(u.searchParams.get("turn") ?? "0"));
  else if (a.id === "v-nexthit" || a.id === "v-prevhit") done = nextMark(a);
  else done = false;
  if (done) {
    e.preventDefault();
    e.stopImmediatePropagation();
  }
}

// nextMark moves the mark and makes both links point on from it. At the first
// or last of the page the server knows better what comes next.
function nextMark(a) {
  const there = mark(a);
  if (!there) return false;
  const [n, all] = there;
  const url = (hit) => {
    const u = new URL(location.href);
    u.searchParams.set("hit", hit);
    return u.pathname + u.search + "#hit";
  };
  const { before, behind } = $("#v-hits").dataset; // the nearest hits of other pages
  lead(document.getElementById("v-nexthit"), n < all ? url(n + 1) : behind);
  lead(document.getElementById("v-prevhit"), n > 1 ? url(n - 1) : before);
  return true;
}

export function pane() {
  let focusId = "";
  document.addEventListener("click", onlyLook, true);
  document.addEventListener("htmx:before:request", () => {
    const el = document.activeElement;
    focusId = el?.closest("#pane") ? el.id || "pane" : "";
  });
  document.addEventListener("htmx:after:swap", () => arrived(focusId));
  showHit();
  for (const f of document.querySelectorAll("form[data-undo]")) setTimeout(() => f.remove(), 10000);
}
