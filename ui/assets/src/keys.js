// Single letters are keys unless somebody types, a dialog is open, or they are
// switched off. A key never does anything of its own: it clicks the link or
// the button that does the same.
const byId = (id) => document.getElementById(id);

function typing(el) {
  if (el?.tagName === "INPUT") return !/^(checkbox|radio|button|submit)$/.test(el.type);
  return el && (el.isContentEditable || /^(TEXTAREA|SELECT)$/.test(el.tagName));
}

// click follows a link that is there and not off.
function click(id) {
  const el = byId(id);
  if (!el || el.getAttribute("aria-disabled") === "true") return false;
  el.click();
  return true;
}

// rows walks through the list without moving it more than needed.
function row(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((r) => r.offsetParent !== null);
  if (rows.length === 0) return false;
  const here = document.activeElement?.closest("tr")?.querySelector("[data-row]") ?? document.querySelector("tr[aria-current] [data-row]");
  const at = rows.indexOf(here);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next].focus({ preventScroll: true });
  rows[next].closest("tr").scrollIntoView({ block: "nearest" });
  return true;
}

// pick ticks the row where the focus is, or else the one that is open.
function pick() {
  const tr = document.activeElement?.closest("tr") ?? document.querySelector("tr[aria-current]");
  const box = tr?.querySelector("[data-pick]");
  if (!box) return false;
  box.click();
  return true;
}

function openKeys() {
  const d = byId("keys");
  if (!d?.showModal) return false;
  d.showModal();
  return true;
}

// open unfolds what lies behind a summary and goes to its first field.
function open(id) {
  const box = byId(id)?.closest("details");
  if (!box) return false;
  box.open = true;
  box.querySelector("input:not([type=hidden]), select").focus();
  return true;
}

// into puts the cursor into a field.
function into(id) {
  const field = byId(id);
  if (!field) return false;
  field.focus();
  field.select();
  return true;
}

// fold closes what is unfolded around an element, and gives its summary the focus.
function fold(el) {
  const box = el.closest(".item-more[open]");
  if (!box) return false;
  box.open = false;
  box.querySelector("summary").focus();
  return true;
}

const letters = {
  "/": () => { const q = byId("q"); if (!q) return false; q.focus(); q.select(); return true; },
  "?": openKeys,
  j: () => row(1),
  k: () => row(-1),
  x: pick,
  ">": () => click("v-nextpart"),
  "<": () => click("v-prevpart"),
  n: () => click("v-nexthit"),
  N: () => click("v-prevhit"),
  "+": () => click("v-larger"),
  "-": () => click("v-smaller"),
  r: () => click("v-turn"),
  g: () => { const p = byId("v-page"); if (!p) return false; p.focus(); p.select(); return true; },
  t: () => click(document.querySelector(".viewer.mode-image") ? "v-text" : "v-image"),
  "ü": () => click("i-take"),
  e: () => click("i-finish"),
  w: () => open("i-followup"),
  a: () => into("c-find") || click("v-refile"),
  y: () => into("c-type"),
  f: () => click("c-forward"),
  s: () => click("c-split"),
  z: () => open("i-assign"),
  u: () => { const f = document.querySelector("form[data-undo]"); if (!f) return false; f.requestSubmit(); return true; },
};

// digit accepts a proposal. A key that is held down accepts no second one: that
// would be another document's.
function digit(e) {
  return /^[1-9]$/.test(e.key) && !e.repeat ? () => click("c-" + e.key) : undefined;
}

const named = {
  PageDown: () => byId("v-next") && (click("v-next"), true),
  PageUp: () => byId("v-prev") && (click("v-prev"), true),
  Home: () => click("v-first"),
  End: () => click("v-last"),
};

export function keys() {
  const off = document.body.dataset.keys === "off";
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (e.key === "Escape" && fold(e.target)) return;
    if (e.key === "Enter" && e.repeat && e.target.closest?.(".candidate")) return e.preventDefault(); // held down it would file the next one too
    if (typing(e.target)) {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    const act = named[e.key] ?? (off ? undefined : letters[e.key] ?? digit(e));
    if (act?.()) e.preventDefault();
  });
  document.addEventListener("click", (e) => {
    const opener = e.target.closest?.("[data-dialog]");
    if (opener && !e.ctrlKey && !e.metaKey && openKeys()) e.preventDefault();
  });
}
