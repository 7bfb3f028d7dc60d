// What is typed, summed as it is typed: [data-roll-line] of the marks, [data-sum] of the points.
const language = document.documentElement.lang || "en";
const number = (value, places) =>
  value.toLocaleString(language, { minimumFractionDigits: places, maximumFractionDigits: Math.max(places, 9) });

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function rate(part, all) {
  if (!all) return "–";
  let tenths = Math.round((part * 1000) / all);
  if (tenths === 1000 && part !== all) tenths = 999; // 100.0 % says: all
  return `${number(tenths / 10, 1)}\u00a0%`;
}

function marks(form) {
  const line = form.querySelector("[data-roll-line]");
  const ticked = form.querySelectorAll("[data-tick]:checked").length;
  const marked = (state) => form.querySelectorAll(`.segments input[value=${state}]:checked`).length;
  const [present, excused, absent] = [marked("present") + ticked, marked("excused"), marked("absent")];
  const values = { must: line.dataset.must, present, excused, absent, rate: rate(present, present + excused + absent) };
  line.textContent = fill(line.dataset.text, values);
}

const NUMBER = /^\d{1,6}([.,]\d{1,9})?$/;
const BEGUN = /^\d{1,6}[.,]$/; // a number still being typed

function fault(field, texts) {
  const text = field.value.trim();
  if (text === "") return "";
  if (!NUMBER.test(text) && !(BEGUN.test(text) && field === document.activeElement)) return texts.textNumber;
  const most = Number(field.dataset.most);
  return Number(text.replace(",", ".")) > most ? fill(texts.textMost, { most: number(most, 0) }) : "";
}

function check(field) {
  const row = field.closest(".points-row");
  const all = row.closest("[data-text-most]");
  const words = fault(field, all.dataset);
  const told = row.querySelector(".field-error");
  if (words === (told?.querySelector("[data-words]")?.textContent ?? "")) {
    if (!words) told?.remove();
  } else {
    told?.remove();
    if (words) {
      const said = all.querySelector("[data-fault]").content.firstElementChild.cloneNode(true);
      said.id = `${field.id}_error`;
      row.append(said);
      said.querySelector("[data-words]").textContent = words;
    }
  }
  row.classList.toggle("field-wrong", words !== "");
  if (words) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${field.id}_error`);
  } else {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

function points(form) {
  const line = form.querySelector("[data-sum]");
  if (!line) return; // by the criteria of a sheet
  const typed = [...form.querySelectorAll("[data-most]")];
  const texts = form.querySelector("[data-text-most]").dataset;
  const right = typed.filter((field) => field.value.trim() !== "" && !fault(field, texts));
  const given = right.map((field) => Number(field.value.trim().replace(",", ".")));
  const sum = Math.round(given.reduce((all, each) => all + each, 0) * 1e9) / 1e9;
  if (!given.length) {
    line.textContent = typed.some((field) => field.value.trim() !== "") ? "" : line.dataset.none;
    return;
  }
  const least = [90, 70, 50, 0].find((each) => sum >= each);
  const left = typed.length - given.length;
  const missing = left === 1 ? line.dataset.missingOne : line.dataset.missing;
  const text = left ? missing : line.dataset.text;
  const band = line.getAttribute(`data-band-${least}`);
  line.textContent = fill(text, { sum: number(sum, 0), band, n: left });
}

function attach(form) {
  const both = () => {
    marks(form);
    points(form);
  };
  for (const event of ["input", "focusout"]) {
    form.addEventListener(event, ({ target }) => {
      if (target.matches(".points-row [data-most]")) check(target);
    });
  }
  for (const event of ["input", "change", "htmx:afterSwap", "chibo:filled"]) form.addEventListener(event, both);
  both();
}

function attachAll() {
  for (const form of document.querySelectorAll("form[data-steps]")) attach(form);
}

attachAll();
document.addEventListener("chibo:renewed", attachAll);
