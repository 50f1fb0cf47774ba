// The display in the waiting room speaks; the terminal prints and goes back to its first page.
"use strict";

const spoken = new Set();
let sound = false;

function speak(quietly) {
  for (const call of [...document.querySelectorAll("[data-call]")].reverse()) {
    if (spoken.has(call.dataset.call)) continue;
    spoken.add(call.dataset.call);
    if (quietly || !sound) continue;
    const words = new SpeechSynthesisUtterance(call.dataset.say);
    words.lang = document.documentElement.lang === "en" ? "en-GB" : "de-DE";
    words.rate = 0.9;
    window.speechSynthesis.speak(words);
  }
}

// Browsers speak only after somebody has pressed something; what was called before that stays unsaid.
const button = document.querySelector("[data-sound]");
if (button && "speechSynthesis" in window) {
  button.hidden = false;
  button.addEventListener("click", () => {
    sound = true;
    button.textContent = button.dataset.on;
    button.disabled = true;
  });
}
speak(true);
document.addEventListener("htmx:afterSwap", () => speak(false));

if (document.body.dataset.printNow !== undefined) window.print();

// Whoever walks away leaves the terminal to the next person; every touch begins the minute anew.
const first = document.body.dataset.return;
if (first) {
  let timer;
  const wait = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => window.location.assign(first), 60000);
  };
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, wait);
  wait();
}
