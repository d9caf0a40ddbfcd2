// The bar between list and page: by mouse, by touch, by arrow keys. How wide
// the list is stays in this browser; it says nothing about anybody.
const key = "eakte.list";

function apply(bar, split, percent) {
  const p = Math.round(Math.min(Math.max(percent, 25), 75));
  split.style.setProperty("--list", p + "%");
  bar.setAttribute("aria-valuenow", String(p));
  return p;
}

function remember(p) {
  try { localStorage.setItem(key, String(p)); } catch { /* private mode: then not */ }
}

export function splitter() {
  const bar = document.querySelector("[data-splitter]");
  const split = bar?.closest(".split");
  if (!split) return;
  let now = 54;
  try { now = Number(localStorage.getItem(key)) || now; } catch { /* as above */ }
  now = apply(bar, split, now);
  bar.addEventListener("keydown", (e) => {
    const to = { ArrowLeft: now - 2, ArrowRight: now + 2, Home: 25, End: 75 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    remember((now = apply(bar, split, to)));
  });
  bar.addEventListener("pointerdown", (e) => {
    e.preventDefault();
    bar.setPointerCapture(e.pointerId);
    const move = (m) => {
      const box = split.getBoundingClientRect();
      now = apply(bar, split, (100 * (m.clientX - box.left)) / box.width);
    };
    bar.addEventListener("pointermove", move);
    bar.addEventListener("pointerup", () => { bar.removeEventListener("pointermove", move); remember(now); }, { once: true });
  });
}
