// Keeps a page fresh. One tab of a browser holds the stream for all: browsers open six connections to an origin.
(() => {
  "use strict";
  const NAME = "callproof-live";
  const awake = () => !document.hidden || document.body.hasAttribute("data-awake");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(NAME) : null;
  let due = false;
  let waiting = null;

  function refresh() {
    due = false;
    const main = document.getElementById("main");
    if (main && window.htmx) window.htmx.trigger(main, "changed");
    document.dispatchEvent(new CustomEvent("callproof:changed"));
  }

  // What comes in a burst is one change; nobody looks at a hidden page.
  function changed() {
    if (!awake()) { due = true; return; }
    if (waiting) { due = true; return; }
    refresh();
    waiting = setTimeout(() => { waiting = null; if (due && awake()) changed(); }, 250);
  }

  function connected(yes) {
    const note = document.getElementById("offline");
    if (note) note.hidden = yes;
  }

  function tell(what) {
    if (channel) channel.postMessage(what);
    hear(what);
  }

  function hear(what) {
    connected(what !== "offline");
    if (what === "changed") changed();
  }

  function hold() {
    const source = new EventSource("/live");
    // What changed before the stream was there, or while it was not, nobody told.
    source.onopen = () => tell("changed");
    source.onmessage = () => tell("changed");
    source.onerror = () => {
      tell("offline");
      if (source.readyState === EventSource.CLOSED) setTimeout(() => { source.close(); hold(); }, 1000);
    };
  }

  async function listen() {
    if (!navigator.locks) { hold(); return; }
    const forever = () => { hold(); return new Promise(() => {}); };
    await navigator.locks.request(NAME, { ifAvailable: true }, (lock) => (lock ? forever() : null));
    // Another tab holds it, and may have been told something while this page was on its way.
    changed();
    navigator.locks.request(NAME, forever);
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (channel) channel.onmessage = (message) => hear(message.data);
    document.addEventListener("visibilitychange", () => { if (due) changed(); });
    document.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-copy]");
      if (!button) return;
      const text = document.getElementById(button.dataset.copy).textContent;
      if (navigator.clipboard) await navigator.clipboard.writeText(text);
    });
    listen();
  });
})();
