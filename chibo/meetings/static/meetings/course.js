// The course of a meeting: who spoke, of those present; items by their line; rows that grow as they are filled.
const FIELD = /^([igt])(\d+)_/;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function numberOf(row) {
  return Number(FIELD.exec(row.querySelector("[name]").name)[2]);
}

// Another row like the last one, with nothing in it.
function grow(rows) {
  const last = rows.querySelector(":scope > [data-row]:last-child");
  const n = numberOf(last);
  if (n >= 99) return;
  const fresh = last.cloneNode(true);
  const anew = (text) => text.replace(/^([igt])\d+_/, `$1${n + 1}_`);
  for (const each of [fresh, ...fresh.querySelectorAll("[id], [for], [name]")]) {
    for (const name of ["id", "for", "name"]) if (each.hasAttribute(name)) each.setAttribute(name, anew(each.getAttribute(name)));
  }
  for (const each of fresh.querySelectorAll(".field-error")) each.remove();
  fresh.classList.remove("field-wrong");
  for (const field of fresh.querySelectorAll("input:not([type=hidden], [type=radio], [data-keeps])")) field.value = "";
  for (const field of fresh.querySelectorAll("input[type=radio]")) field.checked = field.value === "";
  for (const field of fresh.querySelectorAll("select")) {
    const usual = [...field.options].findIndex((option) => option.defaultSelected);
    field.selectedIndex = Math.max(0, usual);
  }
  const legend = fresh.querySelector("legend");
  if (fresh.tagName === "FIELDSET" && legend) legend.textContent = legend.textContent.replace(/\d+/, n + 1);
  last.after(fresh);
}

function attach(form) {
  function present(person) {
    const marked = form.querySelector(`input[name=m_${person}]:checked`);
    return marked ? marked.value === "present" : Boolean(form.querySelector(`input[name=x_${person}]:checked`));
  }

  function show() {
    const line = form.querySelector("[data-speakers]");
    if (!line) return;
    let [there, voters] = [0, 0];
    for (const each of form.querySelectorAll("[data-speaker]")) {
      const came = present(each.dataset.speaker);
      each.hidden = !came;
      each.querySelector("input").disabled = !came; // who was not there is not sent as having spoken
      there += came;
      voters += came && "votes" in each.dataset;
    }
    const spoke = form.querySelectorAll("[data-speaker] input:checked:enabled").length;
    line.textContent = fill(line.dataset.text, { n: spoke, all: there });
    for (const each of form.querySelectorAll("[data-voters]")) each.textContent = fill(each.dataset.text, { n: voters });
    for (const votes of form.querySelectorAll(".course-votes")) {
      const [of, against, other] = ["for", "against", "other"].map((name) => votes.querySelector(`[data-count=${name}]`));
      of.placeholder = Math.max(0, voters - (Number(against.value) || 0) - (Number(other.value) || 0));
    }
    for (const each of form.querySelectorAll("[data-shows]")) {
      const text = form.elements[each.dataset.shows].value;
      each.textContent = text;
      each.closest("[data-row]").hidden = text.trim() === "" && !each.closest("[data-row]").contains(document.activeElement);
    }
  }

  form.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-all-spoke]")) return;
    event.preventDefault(); // without scripts the page comes again with all of them ticked
    const boxes = [...form.querySelectorAll("[data-speaker] input:enabled")];
    const all = boxes.every((each) => each.checked);
    for (const each of boxes) each.checked = !all;
    form.dispatchEvent(new Event("change", { bubbles: true }));
  });
  form.addEventListener("input", ({ target }) => {
    const rows = target.closest?.("[data-grows]");
    if (rows && target.value && target.closest("[data-row]") === rows.lastElementChild) grow(rows);
    show();
  });
  form.addEventListener("chibo:filling", ({ detail }) => {
    for (const rows of form.querySelectorAll("[data-grows]")) {
      const letter = rows.querySelector("[name]").name[0];
      const numbers = Object.keys(detail).map((name) => FIELD.exec(name)).filter((found) => found?.[1] === letter && !/_(due|who|kind|done|code)$/.test(found.input));
      const most = Math.min(98, Math.max(0, ...numbers.map((found) => Number(found[2]))));
      while (numberOf(rows.lastElementChild) <= most) grow(rows);
    }
  });
  for (const event of ["change", "htmx:afterSwap", "chibo:filled"]) form.addEventListener(event, show);
  show();
}

function attachAll() {
  for (const form of document.querySelectorAll("form[data-steps]")) attach(form);
}

attachAll();
document.addEventListener("chibo:renewed", attachAll);
