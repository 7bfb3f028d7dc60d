// Who leaves a page with something typed in form[data-warns] and not sent is asked first; of a form that came back
// as it was sent, form[data-warns="typed"], too.
const typed = new Set(); // forms with what is not sent yet

function ask(event) {
  for (const form of typed) if (!form.isConnected) typed.delete(form);
  if (typed.size) event.preventDefault();
}

function warn(form) {
  typed.add(form);
  addEventListener("beforeunload", ask); // only then: a page that always listens is not kept for going back
}

function changed(event) {
  if (event.target.form?.matches("[data-warns]")) warn(event.target.form);
}

for (const form of document.querySelectorAll('form[data-warns="typed"]')) warn(form);

document.addEventListener("input", changed);
document.addEventListener("change", changed);
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) typed.delete(event.target); // the others are still asked about
});
addEventListener("pagehide", () => removeEventListener("beforeunload", ask));
