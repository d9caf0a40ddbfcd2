// Completions below the search field: a combobox as the ARIA practices have it.
const wait = 180;

export function suggest() {
  const input = document.querySelector("[data-suggest]");
  if (!input) return;
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggestLabel);
  list.hidden = true;
  input.closest("form").append(list);
  for (const [k, v] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) input.setAttribute(k, v);

  let timer = 0;
  let asked = null;
  const options = () => [...list.children];
  const chosen = () => list.querySelector('[aria-selected="true"]');

  function close() {
    clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(el) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!el) return input.removeAttribute("aria-activedescendant");
    el.setAttribute("aria-selected", "true");
    el.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", el.id);
  }

  async function ask() {
    asked?.abort();
    const q = input.value.trim();
    if (q.length < 2) return close();
    asked = new AbortController();
    try {
      const res = await fetch(input.dataset.suggest + "?q=" + encodeURIComponent(q), { headers: { "HX-Request": "true" }, signal: asked.signal });
      if (!res.ok || document.activeElement !== input) return close();
      const html = new DOMParser().parseFromString(await res.text(), "text/html");
      list.replaceChildren(...html.querySelectorAll("li"));
    } catch {
      return; // a newer question, or no answer: then there are no suggestions
    }
    options().forEach((o, i) => (o.id = "suggestion-" + i));
    list.hidden = list.children.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
  }

  function take(el) {
    input.value = el.textContent.trim();
    close();
    input.form.requestSubmit();
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, wait); });
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", (e) => {
    if (list.hidden) return;
    const all = options();
    const at = all.indexOf(chosen());
    if (e.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (e.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
    else if (e.key === "Escape") close();
    else if (e.key === "Enter" && at >= 0) take(all[at]);
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  list.addEventListener("mousedown", (e) => {
    const li = e.target.closest("li");
    if (!li) return;
    e.preventDefault();
    take(li);
  });
}
