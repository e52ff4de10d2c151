// The ringing of telephones and what a caller hears meanwhile, made by the browser. Off until it is switched on;
// one tab of a browser sounds for all.
(() => {
  "use strict";
  const KEY = "callproof-phone-sound";
  // Hertz of tones that sound together, and seconds of sound and silence in turn.
  const KINDS = {
    ring: { tones: [440, 480], pattern: [0.4, 0.2, 0.4, 2] },
    ringback: { tones: [425], pattern: [1, 4] },
  };
  const VOLUME = 0.12;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("callproof-phone") : null;
  const silenced = new Set();
  let audio = null;
  let leads = false;
  let playing = "";
  let playingNow = [];
  let again = null;

  const isOn = () => localStorage.getItem(KEY) === "on";

  function stop() {
    clearTimeout(again);
    for (const tone of playingNow) tone.stop();
    playingNow = [];
  }

  function play(kind) {
    const { tones, pattern } = KINDS[kind];
    let at = audio.currentTime + 0.02;
    pattern.forEach((seconds, place) => {
      if (place % 2 === 0) tones.forEach((hertz) => playingNow.push(tone(hertz, at, seconds, tones.length)));
      at += seconds;
    });
    const period = pattern.reduce((sum, seconds) => sum + seconds, 0);
    again = setTimeout(() => { playingNow = []; play(kind); }, period * 1000);
  }

  function tone(hertz, at, seconds, together) {
    const source = audio.createOscillator();
    const loudness = audio.createGain();
    source.frequency.value = hertz;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(VOLUME / together, at + 0.02);
    loudness.gain.setValueAtTime(VOLUME / together, at + seconds - 0.02);
    loudness.gain.linearRampToValueAtTime(0, at + seconds);
    source.connect(loudness).connect(audio.destination);
    source.start(at);
    source.stop(at + seconds);
    return source;
  }

  function calls(name) {
    return [...document.querySelectorAll(`[data-${name}]`)].map((found) => found.dataset[name]);
  }

  function wanted() {
    const ringing = calls("ring"), waiting = calls("ringback");
    for (const call of silenced) if (!ringing.includes(call)) silenced.delete(call);
    if (!isOn() || !leads) return "";
    if (ringing.some((call) => !silenced.has(call))) return "ring";
    return waiting.length ? "ringback" : "";
  }

  function look() {
    const kind = wanted();
    if (kind === playing) return;
    stop();
    playing = kind;
    document.documentElement.dataset.sounding = kind;
    if (!kind) return;
    audio = audio || new AudioContext();
    // A browser lets nothing sound before somebody has touched the page.
    audio.resume();
    play(kind);
  }

  // The one that sounds has to hear of calls while it is hidden; the others may sleep.
  function lead() {
    leads = true;
    document.body.setAttribute("data-awake", "");
    look();
  }

  function silence(call) {
    silenced.add(call);
    look();
  }

  function show() {
    const button = document.getElementById("sound");
    if (!button) return;
    button.hidden = false;
    button.setAttribute("aria-pressed", String(isOn()));
    look();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const main = document.getElementById("main");
    new MutationObserver(look).observe(main, {
      subtree: true, childList: true, attributes: true, attributeFilter: ["data-ring", "data-ringback"],
    });
    document.addEventListener("click", (event) => {
      if (audio) audio.resume();
      if (!event.target.closest("#sound")) return;
      localStorage.setItem(KEY, isOn() ? "off" : "on");
      show();
    });
    document.addEventListener("submit", (event) => {
      const call = event.target.dataset.silences;
      if (!call) return;
      silence(call);
      if (channel) channel.postMessage(call);
    });
    window.addEventListener("storage", (event) => { if (event.key === KEY) show(); });
    if (channel) channel.onmessage = (message) => silence(message.data);
    if (navigator.locks) {
      navigator.locks.request("callproof-phone-sound", () => { lead(); return new Promise(() => {}); });
    } else {
      lead();
    }
    show();
  });
})();
