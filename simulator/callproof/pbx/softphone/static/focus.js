// Keeps the keyboard's place when the button that was pressed has gone with what it did, and says in the title
// that a telephone rings.
(() => {
  "use strict";
  let byKeyboard = false;
  let place = null;

  function find() {
    if (!place || document.activeElement !== document.body) return;
    const found = place.map((id) => id && document.getElementById(id)).find(Boolean);
    const next = found && found.querySelector("button:not(.quiet), input:not([type=hidden]), select");
    (next || document.getElementById("main")).focus();
    place = null;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const main = document.getElementById("main");
    const title = document.title;
    document.addEventListener("keydown", () => { byKeyboard = true; });
    document.addEventListener("pointerdown", () => { byKeyboard = false; });
    document.addEventListener("submit", (event) => {
      const around = ["article", "section"].map((name) => event.target.closest(name));
      place = byKeyboard ? around.map((found) => found && found.id) : null;
    });
    new MutationObserver(() => {
      find();
      const ringing = document.getElementById("rings").textContent.trim();
      const wanted = ringing ? `${ringing} ${title}` : title;
      if (document.title !== wanted) document.title = wanted;
    }).observe(main, { childList: true, subtree: true, characterData: true });
  });
})();
