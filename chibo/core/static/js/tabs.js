// Of pages that don't fit in a row the current one is in sight: the row is moved, never the page.
function show(row) {
  const current = row.querySelector("[aria-current]");
  if (!current) return;
  const [at, within] = [current.getBoundingClientRect(), row.getBoundingClientRect()];
  if (at.left >= within.left && at.right <= within.right) return;
  row.scrollLeft += (at.left + at.right - within.left - within.right) / 2;
}

function begin(root) {
  if (root.matches?.(".tabs")) show(root);
  for (const row of root.querySelectorAll(".tabs")) show(row);
}

document.addEventListener("htmx:load", (event) => begin(event.target));
document.fonts?.ready.then(() => begin(document)); // words are as wide as they will be
begin(document);
