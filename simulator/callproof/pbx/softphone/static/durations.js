// Lets the durations on the page run on by the PBX's clock, without asking the server.
(() => {
  "use strict";
  let told = "";
  let heard = 0;

  function spoken(seconds) {
    const whole = Math.max(Math.floor(seconds), 0);
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }

  function tick() {
    const moment = document.getElementById("moment");
    if (!moment) return;
    if (moment.dataset.now !== told) { told = moment.dataset.now; heard = performance.now(); }
    const now = Number(told) + (performance.now() - heard) / 1000 * Number(moment.dataset.speed);
    for (const time of document.querySelectorAll("time.ticks")) {
      const since = time.dataset.since;
      const text = spoken(since ? now - Number(since) : Number(time.dataset.until) - now);
      // The text node stays, so that nothing but its text changes.
      if (time.firstChild && time.firstChild.nodeValue !== text) time.firstChild.nodeValue = text;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const main = document.getElementById("main");
    new MutationObserver(tick).observe(main, { attributes: true, attributeFilter: ["data-now"], subtree: true });
    setInterval(() => { if (!document.hidden) tick(); }, 500);
    document.addEventListener("visibilitychange", tick);
    tick();
  });
})();
