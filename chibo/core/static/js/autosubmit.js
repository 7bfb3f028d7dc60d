// form[data-autosubmit] is sent when a field of it changes; its [data-autosubmit-button] is then needless.
// A day is sent once its year is written: while one types 2023 a browser tells of the years 2, 20 and 202 as well.
const WAIT = 600; // ms after the last key in a day
const FIRST_YEAR = 1900;
const sent = new WeakMap(); // field of a day: what was last sent of it
const timers = new WeakMap();

function tidy(root) {
  for (const button of root.querySelectorAll("form[data-autosubmit] [data-autosubmit-button]")) button.hidden = true;
}

const form = (field) => field.closest?.("form[data-autosubmit]");

function isWritten(field) {
  if (!field.value) return !field.validity.badInput; // emptied, not half a day
  return Number(field.value.split("-")[0]) >= FIRST_YEAR;
}

function send(field) {
  clearTimeout(timers.get(field));
  if (field.isConnected && isWritten(field) && field.value !== (sent.get(field) ?? field.defaultValue)) {
    form(field).requestSubmit();
  }
}

function soon(event) {
  const field = event.target;
  if (field.type !== "date" || !form(field)) return;
  clearTimeout(timers.get(field));
  timers.set(field, setTimeout(send, WAIT, field));
}

tidy(document);
document.addEventListener("htmx:load", (event) => tidy(event.target));
document.addEventListener("input", soon);
document.addEventListener("change", (event) => {
  if (event.target.type === "date") soon(event);
  else if (event.target.type !== "search" && event.target.form === form(event.target)) form(event.target)?.requestSubmit();
}); // a search is sent as one types, or by Enter
document.addEventListener("submit", (event) => {
  for (const field of event.target.querySelectorAll("input[type=date]")) {
    clearTimeout(timers.get(field));
    sent.set(field, field.value);
  }
});
document.addEventListener("focusout", (event) => {
  if (event.target.type === "date" && form(event.target)) send(event.target);
});
