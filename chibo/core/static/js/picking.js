// form[data-picking]: a box that ticks all on this page, and how many are ticked, in [data-picked].
function boxes(form) {
  return [...form.querySelectorAll("input[name=pick]")];
}

function tell(form) {
  const all = form.querySelector("[data-pick-all]");
  const of = boxes(form);
  const ticked = of.filter((box) => box.checked).length;
  all.hidden = false;
  const box = all.querySelector("input");
  box.checked = ticked > 0 && ticked === of.length;
  box.indeterminate = ticked > 0 && ticked < of.length;
  form.querySelector("[data-picked]").textContent = ticked ? `(${ticked})` : "";
}

function begin(root) {
  if (root.matches?.("form[data-picking]")) tell(root); // put in alone, it is the root itself
  for (const form of root.querySelectorAll("form[data-picking]")) tell(form);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-picking]");
  if (!form) return;
  if (event.target.closest("[data-pick-all]")) {
    for (const box of boxes(form)) box.checked = event.target.checked;
  }
  tell(form);
});
document.addEventListener("htmx:load", (event) => begin(event.target));
begin(document);
