// form[data-autosubmit] is sent when a field of it changes; its [data-autosubmit-button] is then needless.
function tidy(root) {
  for (const button of root.querySelectorAll("form[data-autosubmit] [data-autosubmit-button]")) button.hidden = true;
}

tidy(document);
document.addEventListener("htmx:load", (event) => tidy(event.target));
document.addEventListener("change", (event) => {
  if (event.target.type === "search") return; // sent as one types, or by Enter
  const form = event.target.closest("form[data-autosubmit]");
  if (form && event.target.form === form) form.requestSubmit();
});
