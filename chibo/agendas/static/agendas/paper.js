// form[data-paper]: a file is asked for, or where a secret paper lies; what the other one needs is not in the way.
for (const form of document.querySelectorAll("form[data-paper]")) {
  const box = form.elements.is_secret;
  const [open, secret] = ["[data-open-paper]", "[data-secret-paper]"].map((each) => form.querySelector(each));

  function show() {
    open.hidden = box.checked;
    secret.hidden = !box.checked;
    for (const field of open.querySelectorAll("input")) field.disabled = box.checked; // a file chosen before is not sent
  }

  for (const each of form.querySelectorAll("[data-plain]")) each.hidden = true;
  if ([...secret.querySelectorAll("input")].some((field) => field.value !== "")) box.checked = true;
  box.addEventListener("change", show);
  show();
}
