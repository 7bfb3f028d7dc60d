// Light, dark or as the system is: applied at once, kept for the next page, chosen in [data-theme-switch].
const key = "chibo-theme";
const root = document.documentElement;

function kept() {
  try {
    return localStorage.getItem(key) || "";
  } catch {
    return ""; // storage may be forbidden
  }
}

function apply(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const button of document.querySelectorAll("[data-theme-switch] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

function offer() {
  for (const group of document.querySelectorAll("[data-theme-switch]")) {
    group.hidden = false;
    group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      try {
        localStorage.setItem(key, button.value);
      } catch {
        // it then holds for this page only
      }
      apply(button.value);
    });
  }
  apply(kept());
}

apply(kept());
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", offer);
else offer();
