// The button of the ticked rows says how many there are, and is off at none.
export function pick() {
  const form = document.querySelector("form[data-picked]");
  if (!form) return;
  const button = form.querySelector("button");
  const label = form.querySelector("[data-picked-label]");
  const plain = label.textContent;
  const count = () => {
    const n = document.querySelectorAll("[data-pick]:checked").length;
    button.disabled = n === 0;
    label.textContent = n === 0 ? plain : form.dataset.picked.replace("{n}", n);
  };
  document.addEventListener("change", (e) => e.target.matches?.("[data-pick]") && count());
  addEventListener("pageshow", count); // a browser that goes back keeps the ticks
  count();
}
