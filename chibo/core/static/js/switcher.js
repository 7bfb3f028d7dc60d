// dialog[data-switcher]: Ctrl-K, "/" or a click on [data-finder] opens it; it finds as one types.
const dialog = document.querySelector("dialog[data-switcher]");
const WAIT = 150; // ms after the last key

function begin() {
  const form = dialog.querySelector("form");
  const input = dialog.querySelector("[role=combobox]");
  const list = dialog.querySelector("[role=listbox]");
  const said = dialog.querySelector("[data-said]");
  let timer = 0;
  let asking = null; // the request under way
  let shown = null; // the words the list is of

  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function show(text, words) {
    list.innerHTML = text; // of our own page, where every name is escaped
    const answer = list.querySelector("template[data-said]");
    said.textContent = answer ? answer.content.textContent : "";
    if (answer) answer.remove();
    shown = words;
    const found = options();
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    list.scrollTop = 0;
    choose(found[0] || null);
  }

  async function ask() {
    const words = input.value.trim();
    if (asking) asking.abort();
    if (words === shown) return;
    asking = new AbortController();
    try {
      const url = `${form.action}?${new URLSearchParams({ q: words })}`;
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: asking.signal });
      if (answer.redirected) location.reload(); // signed out meanwhile
      else if (answer.ok) show(await answer.text(), words);
    } catch (error) {
      if (error.name !== "AbortError") form.classList.add("switcher-lost"); // Enter then asks for the page
    }
  }

  function open(words) {
    if (dialog.open) return;
    dialog.showModal();
    if (words) input.value = words;
    input.select();
    ask();
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const found = options();
    const at = found.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" && found.length) choose(found[(at + 1) % found.length]);
    else if (event.key === "ArrowUp" && found.length) choose(found[(at - 1 + found.length) % found.length]);
    else if (event.key === "Enter" && at >= 0 && shown === input.value.trim()) location.assign(found[at].href);
    else return; // Enter before the answer is there leads to the page of what is found
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const asked = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    const plain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing;
    if (!asked && !plain) return;
    event.preventDefault();
    open("");
  });
  for (const finder of document.querySelectorAll("[data-finder]")) {
    const box = finder.querySelector("input");
    box.addEventListener("click", () => open(box.value));
    box.addEventListener("input", () => {
      open(box.value);
      box.value = "";
    });
  }
}

if (dialog) begin();
