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
