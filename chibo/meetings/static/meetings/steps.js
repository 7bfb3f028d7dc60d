// form[data-steps] is shown one [data-step] at a time, with Back and Next; Enter goes on and never saves by accident.
// A meeting that is not scored can be saved as soon as it is said who was there.
function attach(form) {
  const find = (what) => form.querySelector(what);
  const [head, bars, count] = ["[data-head]", "[data-bars]", "[data-count]"].map(find);
  const [back, next, save] = ["[data-back]", "[data-next]", "[data-save]"].map(find);
  let at = 0;
  let pointed = false; // by keyboard the choice is still on its way

  function kinds() {
    const group = find("[data-scored-kinds]");
    const chosen = group.querySelector("input:checked");
    return !chosen || group.dataset.scoredKinds.split(" ").includes(chosen.value);
  }

  function steps() {
    const scored = kinds();
    for (const step of form.querySelectorAll("[data-scored]")) {
      for (const field of step.querySelectorAll("input")) field.disabled = !scored;
    }
    return [...form.querySelectorAll("[data-step]")].filter((step) => scored || !("scored" in step.dataset));
  }

  function show(wanted) {
    const all = steps();
    at = Math.min(Math.max(wanted, 0), all.length - 1);
    for (const step of form.querySelectorAll("[data-step]")) step.hidden = step !== all[at];
    count.textContent = form.dataset.textStep.replace("{n}", at + 1).replace("{all}", all.length);
    bars.replaceChildren(
      ...all.map((_, n) => {
        const bar = document.createElement("span");
        if (n <= at) bar.className = "done";
        return bar;
      }),
    );
    const last = at === all.length - 1;
    for (const each of form.querySelectorAll("[data-last]")) each.hidden = !last;
    for (const each of document.querySelectorAll("[data-first-step]")) each.hidden = at > 0;
    find("[data-at]").value = at + 1;
    back.hidden = at === 0;
    next.hidden = last;
    next.classList.toggle("button-main", !last);
    save.hidden = !last && (at === 0 || kinds());
    save.classList.toggle("button-main", last);
    if (!last) next.textContent = all[at + 1].dataset.step;
  }

  function go(wanted) {
    show(wanted);
    window.scrollTo(0, 0);
    const words = pointed && steps()[at].querySelector("textarea"); // a thumb goes on to write at once
    (words && !words.value ? words : steps()[at].querySelector("h2")).focus({ preventScroll: true });
    form.dispatchEvent(new CustomEvent("chibo:step"));
  }

  function stepOf(field) {
    return field.closest("[data-last]") ? steps().length - 1 : steps().indexOf(field.closest("[data-step]"));
  }

  function later() {
    const chosen = find("input[name=prompt]:checked");
    find("[data-later]").hidden = !chosen || chosen.value !== "no";
  }

  head.hidden = false;
  for (const each of form.querySelectorAll("[data-plain]")) each.hidden = true;
  back.addEventListener("click", () => go(at - 1));
  next.addEventListener("click", () => go(at + 1));
  form.addEventListener("change", (event) => {
    if (event.target.name === "kind") show(at);
    if (event.target.name === "prompt") later();
  });
  form.addEventListener("chibo:filled", () => {
    show(at);
    later();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const points = [...form.querySelectorAll("[data-most]")];
    const n = points.indexOf(event.target);
    if (n >= 0 && n + 1 < points.length) points[n + 1].focus();
    else if (!next.hidden) go(at + 1);
    else save.focus();
  });
  form.addEventListener("pointerdown", () => (pointed = true), true);
  form.addEventListener("keydown", () => (pointed = false), true);
  form.addEventListener("change", ({ target }) => {
    if (pointed && target.value === "excused") target.closest(".roll-row")?.querySelector(".roll-reason input").focus();
  });
  form.addEventListener("click", (event) => {
    const way = event.target.closest(".wrong a");
    const field = way && document.getElementById(way.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    show(stepOf(field));
    field.focus();
  });
  form.addEventListener("htmx:afterSwap", () => {
    for (const each of form.querySelectorAll("[data-plain]")) each.hidden = true;
  });
  const wrong = form.querySelector(".field-wrong");
  show(wrong ? stepOf(wrong) : Number(form.dataset.begins || 1) - 1);
  later();
  const first = find("[data-first]") || document.querySelector("main [role=alert]");
  if (first) first.focus();
}

function attachAll() {
  for (const form of document.querySelectorAll("form[data-steps]")) attach(form);
}

attachAll();
document.addEventListener("chibo:renewed", attachAll);
