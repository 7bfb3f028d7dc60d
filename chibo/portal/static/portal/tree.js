// [data-tree-toggle] opens and closes the list it controls; what is in it is fetched the first time.
document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-tree-toggle]");
  if (!toggle || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  turn(toggle);
});

document.addEventListener("keydown", (event) => {
  const toggle = event.target.closest("[data-tree-toggle]");
  if (!toggle || event.key !== " ") return; // a button is pressed by the space bar too
  event.preventDefault();
  turn(toggle);
});

function turn(toggle) {
  const list = document.getElementById(toggle.getAttribute("aria-controls"));
  const open = toggle.getAttribute("aria-expanded") !== "true";
  toggle.setAttribute("aria-expanded", String(open));
  list.hidden = !open;
  if (open && !list.children.length) toggle.dispatchEvent(new Event("unfold"));
}

// Where a piece can't be had, its page can say why.
for (const kind of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(kind, (event) => {
    const toggle = event.target.closest?.("[data-tree-toggle]");
    if (toggle) location.assign(toggle.href);
  });
}
