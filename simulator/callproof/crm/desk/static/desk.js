// The desk rings: one tab of a browser for all, as long as a card of an incoming call is open and nobody silenced it.
(() => {
  "use strict";
  const NAME = "callproof-ring";
  const LONGEST = 60_000;
  const REMEMBERED = 50;
  const TELLS = 20_000;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(NAME) : null;
  const seen = new Map();
  let audio = null;
  let release = null;
  let asking = false;
  let fading = "";
  let closing = null;

  const read = (name, otherwise) => {
    try { return JSON.parse(localStorage.getItem(name)) ?? otherwise; } catch { return otherwise; }
  };
  const keep = (name, value) => {
    try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* a browser that keeps nothing */ }
  };
  const sounds = () => read("callproof-sound", false) === true;
  const silenced = () => read("callproof-silenced", []);

  // Of a card that was seen a minute ago nobody wants to hear any more.
  function ringing() {
    const quiet = silenced();
    const now = Date.now();
    return [...document.querySelectorAll("[data-ring]")].some((card) => {
      const id = card.dataset.ring;
      if (!seen.has(id)) seen.set(id, now);
      const off = quiet.includes(id) || now - seen.get(id) > LONGEST;
      card.classList.toggle("silenced", off);
      return !off;
    });
  }

  // 425 Hz, a second on and three off.
  function ring() {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = 425;
    gain.gain.value = 0;
    tone.connect(gain).connect(audio.destination);
    tone.start();
    const beat = () => {
      gain.gain.setTargetAtTime(0.15, audio.currentTime, 0.02);
      gain.gain.setTargetAtTime(0, audio.currentTime + 1, 0.02);
    };
    beat();
    const timer = setInterval(beat, 4000);
    document.documentElement.dataset.sounding = "";
    return () => { clearInterval(timer); tone.stop(); delete document.documentElement.dataset.sounding; };
  }

  async function alone(work) {
    if (navigator.locks) await navigator.locks.request(NAME, work);
    else await work();
  }

  async function start() {
    if (asking || !audio || audio.state !== "running") return;
    asking = true;
    await alone(() => new Promise((done) => {
      if (!(sounds() && ringing())) { done(); return; }
      const stop = ring();
      release = () => { stop(); release = null; done(); };
    }));
    asking = false;
  }

  // What came of a click nobody reads any more after a while.
  function fade() {
    const told = document.querySelector("[data-told]");
    const mark = told ? told.dataset.told : "";
    if (mark === fading) return;
    fading = mark;
    clearTimeout(closing);
    if (told) closing = setTimeout(() => document.querySelector("[data-told] button")?.click(), TELLS);
  }

  function look() {
    fade();
    const on = sounds();
    const button = document.getElementById("sound");
    if (button) button.setAttribute("aria-pressed", String(on));
    const rings = ringing();
    document.documentElement.toggleAttribute("data-rings", on && rings);
    if (on && rings) start();
    else if (release) release();
  }

  // A browser lets a page sound once somebody has touched it.
  function wake() {
    if (!sounds() || (audio && audio.state === "running")) return;
    audio ??= new AudioContext();
    audio.resume().then(look, () => {});
  }

  function tell() {
    if (channel) channel.postMessage("look");
    look();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("#sound")) {
      keep("callproof-sound", !sounds());
      wake();
      tell();
    }
    const silence = event.target.closest("[data-silence]");
    if (silence) {
      keep("callproof-silenced", [...silenced(), silence.dataset.silence].slice(-REMEMBERED));
      tell();
    }
  });
  // A player does not say why it is silent; the answer does. Errors of media do not bubble.
  document.addEventListener("error", async (event) => {
    const player = event.target;
    if (!(player instanceof HTMLAudioElement)) return;
    const note = player.parentElement.querySelector("[data-why]");
    const answer = await fetch(player.currentSrc, { headers: { Range: "bytes=0-0" } });
    note.textContent = answer.ok ? note.dataset.why : (await answer.text()).slice(0, 300);
  }, true);
  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, wake);
  document.addEventListener("DOMContentLoaded", () => {
    if (channel) channel.onmessage = look;
    new MutationObserver(look).observe(document.getElementById("main"), {
      childList: true, subtree: true, attributes: true, attributeFilter: ["class"],
    });
    setInterval(() => { if (release) look(); }, 1000);
    wake();
    look();
  });
})();
