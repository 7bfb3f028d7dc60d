// textarea[data-editor] becomes a text that looks as it will be read: bold, italic, headings, lists; undo is the
// browser's own. What is typed is kept on the device under form[data-keeps] until it was saved, sealed as drafts are.
import drafts from "../meetings/drafts.js";

const COMMANDS = {
  bold: ["bold"],
  italic: ["italic"],
  bullets: ["insertUnorderedList"],
  numbers: ["insertOrderedList"],
  undo: ["undo"],
};
const STATES = { bold: "bold", italic: "italic", bullets: "insertUnorderedList", numbers: "insertOrderedList" };
const PAUSE = 500;
const LONGEST = 1000;

function isHeading() {
  return document.queryCommandValue("formatBlock").toLowerCase() === "h2";
}

function does(what) {
  if (what === "heading") document.execCommand("formatBlock", false, isHeading() ? "p" : "h2");
  else document.execCommand(...COMMANDS[what]);
}

function attach(area) {
  const form = area.form;
  const field = area.closest(".field");
  const tools = field.querySelector("[data-editor-tools]");
  const editor = document.createElement("div");
  editor.className = "editor";
  editor.contentEditable = "true";
  editor.lang = area.lang;
  editor.setAttribute("role", "textbox");
  editor.setAttribute("aria-multiline", "true");
  editor.setAttribute("aria-labelledby", `${area.id}_label`);
  editor.append(field.querySelector("[data-editor-html]").content.cloneNode(true));
  area.hidden = true;
  area.removeAttribute("maxlength");
  field.querySelector("[data-editor-help]").hidden = true;
  tools.hidden = false;
  area.before(editor);
  document.execCommand("defaultParagraphSeparator", false, "p");

  function show() {
    for (const tool of tools.querySelectorAll("[aria-pressed]")) {
      const name = tool.dataset.does;
      const on = name === "heading" ? isHeading() : document.queryCommandState(STATES[name]);
      tool.setAttribute("aria-pressed", String(on));
    }
  }

  tools.addEventListener("mousedown", (event) => event.preventDefault()); // the text keeps its place
  tools.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-does]");
    if (!tool) return;
    editor.focus();
    does(tool.dataset.does);
    show();
  });
  editor.addEventListener("paste", (event) => {
    event.preventDefault(); // only its text: looks of other programs stay there
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  document.addEventListener("selectionchange", () => {
    if (editor.contains(document.getSelection().anchorNode)) show();
  });
  form.addEventListener("submit", () => {
    area.value = editor.innerHTML;
    form.elements.sent_as.value = "html";
  });
  return editor;
}

async function keep(form, editor) {
  const key = form.dataset.keeps;
  const user = key.split(":")[1];
  const line = form.querySelector("[data-editor-kept]");
  const [restored, kept] = [line.querySelector("[data-restored]"), line.querySelector("[data-is-kept]")];
  const own = new Set(["csrfmiddlewaretoken", "sent_as", "body", "act"]);
  let pause = 0;
  let isTyped = false;
  let waits = false;
  let goes = false;

  function say(part) {
    line.hidden = false;
    restored.hidden = part !== restored;
    kept.hidden = part !== kept;
  }

  function write(more = {}) {
    const typed = {};
    for (const [name, value] of new FormData(form)) if (!own.has(name)) (typed[name] ??= []).push(value);
    return drafts.write(user, key, { typed, text: editor.innerHTML, at: form.dataset.at, ...more });
  }

  function fillIn(stored) {
    for (const element of form.elements) {
      if (!element.name || own.has(element.name)) continue;
      const values = stored.typed[element.name] ?? [];
      if (element.type === "checkbox" || element.type === "radio") element.checked = values.includes(element.value);
      else if (element.multiple) for (const option of element.options) option.selected = values.includes(option.value);
      else if (values.length) element.value = values[0];
    }
    editor.innerHTML = stored.text; // written here by `write` alone
  }

  form.addEventListener("input", () => {
    isTyped = true;
    clearTimeout(pause);
    pause = setTimeout(() => write().then((isKept) => isKept && say(kept)), PAUSE);
  });
  form.addEventListener("submit", async (event) => {
    clearTimeout(pause);
    if (goes) return;
    event.preventDefault(); // it is kept first: the line may be cut
    if (waits) return;
    waits = true;
    const long = new Promise((done) => setTimeout(done, LONGEST)); // where nothing can be kept, it is sent all the same
    await Promise.race([write({ posted: true }).catch(() => {}), long]);
    waits = false;
    goes = true;
    form.requestSubmit(event.submitter);
    goes = false;
  });
  line.querySelector("[data-editor-drop]").addEventListener("click", async () => {
    await drafts.drop(key);
    location.replace(location.href);
  });

  const stored = await drafts.read(user, key);
  if (!stored || isTyped) return;
  if (stored.posted && stored.at !== form.dataset.at && "mine" in form.dataset) await drafts.drop(key); // it was saved
  else if (!("bound" in form.dataset)) {
    fillIn(stored);
    say(restored);
  }
}

for (const area of document.querySelectorAll("textarea[data-editor]")) {
  const editor = attach(area);
  if (area.form.dataset.keeps) keep(area.form, editor);
}
