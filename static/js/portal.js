// Saves clicks, nothing more: every page works without it.
"use strict";

// Move the reader to what matters after a page has loaded: the list of errors, or the notice.
document.querySelector("[data-focus]")?.focus();

// Sending twice files once on the server anyway; this only keeps the button from inviting it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.once === undefined) return;
  if (form.dataset.sent !== undefined) { event.preventDefault(); return; }
  form.dataset.sent = "";
  window.setTimeout(() => { delete form.dataset.sent; }, 8000);
});

// Lists that filter as soon as something is chosen.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form) form.requestSubmit();
});

// Paper for those who want it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// What was typed goes along into the other language; it stays in this tab and is forgotten once it is there again.
const typed = "typed";
const shown = () => [...document.querySelectorAll("main :is(input, textarea, select)[name]")].filter((field) =>
  !["hidden", "password", "file", "submit"].includes(field.type));
document.querySelector("[data-language]")?.addEventListener("click", (event) => {
  const fields = shown().map((field) => [field.name, field.value, field.checked]);
  sessionStorage.setItem(typed, JSON.stringify({ to: event.currentTarget.href, fields }));
});
const kept = JSON.parse(sessionStorage.getItem(typed) ?? "null");
sessionStorage.removeItem(typed);
if (kept?.to === window.location.href) {
  for (const field of shown()) {
    const choice = ["radio", "checkbox"].includes(field.type);
    const at = kept.fields.findIndex(([name, value]) => name === field.name && (!choice || value === field.value));
    if (at < 0) continue;
    const [[, value, checked]] = kept.fields.splice(at, 1);
    // What was typed into something that is folded up is not to be overlooked.
    if (!choice && value !== field.value) field.closest("details")?.setAttribute("open", "");
    if (choice) field.checked = checked; else field.value = value;
  }
}
