// [data-criteria]: what records propose is chosen while nobody chose otherwise; points are added up as they are given.
const language = document.documentElement.lang || "en";
const told = (value) => value.toLocaleString(language, { maximumFractionDigits: 9 });
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const NUMBER = /^\d{1,6}([.,]\d{1,9})?$/;

function typedNumber(text) {
  return NUMBER.test(text.trim()) ? Number(text.trim().replace(",", ".")) : null;
}

// How many days one day is after another; no number where there is no such day.
const days = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);

// What the form itself and what came with the page say, by the name of the measure.
function measures(form, rules) {
  const found = { ...rules.known, members: rules.must.length };
  for (const [name, on] of Object.entries(rules.told_on)) {
    const before = days(on, form.elements.held_on?.value);
    if (Number.isNaN(before)) continue;
    found[name] = Math.max(0, before);
    if (name === "notice_days" && before < 0) {
      delete found.papers_days; // that day nobody had been told
      break;
    }
  }
  const states = [];
  let running = 0;
  for (const person of rules.must) {
    const state = form.querySelector(`input[name=m_${person}]:checked`)?.value;
    if (!state) continue;
    states.push(state);
    if (state === "excused") running = Math.max(running, (rules.running[person] ?? 0) + 1);
  }
  if (states.length) {
    const count = (wanted) => states.filter((state) => state === wanted).length;
    Object.assign(found, { present: count("present") / states.length, absent: count("absent"), excused_running: running });
  }
  const spoke = form.querySelectorAll("[data-speaker] input:checked:enabled").length;
  const there = form.querySelectorAll(".segments input[value=present]:checked, [data-tick]:checked").length;
  if (spoke) found.speakers = spoke / there;
  const items = [...form.querySelectorAll("#agenda [name$=_text]")].filter((field) => field.value.trim() !== "");
  const isDone = ({ form, name }) => form.elements[name.replace("_text", "_done")].matches(":checked, [type=hidden]");
  if (items.length) found.items_done = items.filter(isDone).length / items.length;
  const minutes = typedNumber(form.elements.duration_min?.value ?? "");
  if (minutes !== null) found.minutes = minutes;
  if (form.elements.topic?.value.trim()) found.thematic = 1;
  return found;
}

function holds(value, [least, above, below, most]) {
  return (
    (least === null || value >= least) &&
    (above === null || value > above) &&
    (below === null || value < below) &&
    (most === null || value <= most)
  );
}

function proposed(evidence, known) {
  for (const [option, bounds] of evidence) {
    if (bounds.some(([of]) => !(of in known))) return null;
    if (bounds.every(([of, ...limits]) => holds(known[of], limits))) return option;
  }
  return null;
}

function answerOf(each) {
  const radios = each.querySelectorAll("input[type=radio]");
  if (radios.length) return [...radios].find((radio) => radio.checked)?.value ?? "";
  return each.querySelector("input")?.value ?? "";
}

function bandOf(rules, total, lacking) {
  let band = rules.bands.find((each) => total >= each.least) ?? rules.bands.at(-1);
  while (band.needs.some((code) => lacking.has(`k_${code}`))) {
    const lower = band.instead;
    band = rules.bands.find((each) => each.code === lower);
  }
  return band;
}

function attach(form) {
  const all = form.querySelector("[data-criteria]");
  if (!all) return;
  const rules = JSON.parse(all.querySelector("#rules-of-points").textContent);
  const line = all.querySelector("[data-total]");
  const every = all.querySelector("[data-every-full]");
  const criteria = [...all.querySelectorAll("[data-criterion]")];
  const corrects = Boolean(form.dataset.keptKey); // what is recorded stays as it is until someone chooses
  const chosen = new Set(); // by hand
  const own = new Map(); // what was chosen here because records proposed it
  const auto = form.elements.auto; // the names of these, for whoever reads what is sent
  const begun = measures(form, rules); // what is told beside each criterion
  const said = new Map(criteria.map((each) => [each, each.querySelector("[data-said]").innerHTML]));

  function note() {
    auto.value = [...own.keys()].filter((name) => !chosen.has(name)).join(" ");
  }

  function recall() {
    for (const name of auto.value.split(" ").filter(Boolean)) {
      const each = criteria.find((one) => one.dataset.criterion === name);
      if (each && answerOf(each)) own.set(name, answerOf(each));
    }
  }

  function worth(each) {
    const answer = answerOf(each);
    const { points, full } = rules.criteria[each.dataset.criterion];
    if (answer === "") return null;
    if (answer in points) return points[answer];
    if (answer === rules.none) return 0;
    const number = typedNumber(answer);
    return number === null || number > full ? null : number;
  }

  // Beside a criterion stands what records said when the page came; once something else is marked, what that comes to.
  function tell(known) {
    for (const each of criteria) {
      const { evidence } = rules.criteria[each.dataset.criterion];
      const names = evidence.flatMap(([, bounds]) => bounds.map(([of]) => of));
      const line = each.querySelector("[data-said]");
      if (names.every((name) => known[name] === begun[name])) {
        if (line.innerHTML !== said.get(each)) line.innerHTML = said.get(each);
        continue;
      }
      const option = proposed(evidence, known);
      const field = option === null ? null : each.querySelector(`input[value="${option}"]`);
      const name = field?.closest("label").querySelector("span").firstChild.textContent.trim();
      line.textContent = name ? fill(all.dataset.textSaid, { option: name }) : all.dataset.textNothing;
      line.hidden = false;
    }
  }

  function propose() {
    const known = measures(form, rules);
    tell(known);
    for (const each of criteria) {
      const name = each.dataset.criterion;
      const answer = answerOf(each);
      if (chosen.has(name) || (answer !== "" && own.get(name) !== answer)) continue; // by hand, now or before
      const option = proposed(rules.criteria[name].evidence, known);
      const radio = option === null ? null : each.querySelector(`input[value="${option}"]`);
      if (radio) radio.checked = true;
      if (radio) own.set(name, option);
    }
    note();
  }

  function sum() {
    const lacking = new Set();
    let [together, missing, out, given] = [0, 0, 0, 0];
    for (const group of all.querySelectorAll("[data-group]")) {
      let here = 0;
      const before = missing;
      for (const each of group.querySelectorAll("[data-criterion]")) {
        const { full, only } = rules.criteria[each.dataset.criterion];
        const points = worth(each);
        if (points === null) missing += 1;
        else given += 1;
        here += points ?? 0;
        if ((points ?? 0) < full) lacking.add(each.dataset.criterion);
        if (only && answerOf(each) === rules.none && rules.scale) out += full;
      }
      together += here;
      group.querySelector("[data-all-full]").hidden = missing === before;
      const values = { n: told(here), most: group.dataset.group };
      group.querySelector("[data-group-sum]").textContent = fill(all.dataset.textGroup, values);
    }
    every.hidden = missing < 2;
    const total = Math.round(((together * 100) / (100 - out)) * 1e9) / 1e9;
    const missed = missing === 1 ? line.dataset.missingOne : line.dataset.missing;
    const band = missing ? "" : bandOf(rules, total, lacking).name;
    const text = !given ? line.dataset.none : missing ? missed : line.dataset.text;
    line.textContent = fill(text, { sum: told(total), n: missing, band });
  }

  function full(group) {
    for (const each of group.querySelectorAll("[data-criterion]")) {
      const { points, full: most } = rules.criteria[each.dataset.criterion];
      if (answerOf(each) !== "") continue;
      const best = Object.keys(points).find((code) => points[code] === most);
      const field = best ? each.querySelector(`input[value="${best}"]`) : each.querySelector("input");
      if (best) field.checked = true;
      else field.value = told(most);
      chosen.add(each.dataset.criterion);
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  for (const button of all.querySelectorAll("[data-all-full]")) {
    button.addEventListener("click", () => {
      full(button.closest("[data-group]"));
      const next = [...all.querySelectorAll("[data-all-full]")].find((each) => !each.hidden);
      (next ?? form.querySelector("[data-save]")).focus({ preventScroll: true });
    });
  }
  every.addEventListener("click", () => {
    for (const group of all.querySelectorAll("[data-group]")) full(group);
    form.querySelector("[data-save]").focus({ preventScroll: true });
  });
  form.addEventListener("change", ({ target }) => {
    const each = target.closest?.("[data-criterion]");
    if (each) chosen.add(each.dataset.criterion);
    if (each) note();
    else if (corrects) tell(measures(form, rules));
    else propose();
    sum();
  });
  form.addEventListener("input", ({ target }) => {
    if (target.closest?.("[data-criterion]")) sum();
  });
  form.addEventListener("chibo:filled", () => {
    recall();
    tell(measures(form, rules));
    sum();
  });
  recall();
  if (!corrects) propose();
  sum();
}

function attachAll() {
  for (const form of document.querySelectorAll("form[data-steps]")) attach(form);
}

attachAll();
document.addEventListener("chibo:renewed", attachAll);
