// Lets the browser work for a time when traffic looks odd; without JavaScript a mailed code does the same.
const form = document.querySelector("form[data-proof]");
globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(form.dataset.worker));
form.hidden = false;
// The work is done as soon as the page is there; then there is nothing left to press.
const widget = form.querySelector("altcha-widget");
widget.addEventListener("verified", () => window.setTimeout(() => form.requestSubmit(), 300));
// Not in the page: the widget would begin before it knows how, where this script is later than its own.
widget.setAttribute("auto", "onload");
