
(() => {
  const bar = document.getElementById("filter");
  const search = bar.querySelector("input[type=search]");
  const boxes = [...bar.querySelectorAll("input[type=checkbox]")];
  const items = [...document.querySelectorAll("[data-outcome]")];
  const count = bar.querySelector("output");
  const texts = new Map();
  const text = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const apply = () => {
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const fits = wanted.has(item.dataset.outcome) && words.every((word) => text(item).includes(word));
      item.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown + " of " + items.length;
    for (const head of document.querySelectorAll("[data-heads]")) {
      const list = document.getElementById(head.dataset.heads);
      head.hidden = !list.querySelector("[data-outcome]:not([hidden])");
    }
  };
  bar.addEventListener("input", apply);
  // A link leads to what a filter hides as well.
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  bar.hidden = false;
  apply();
  open();
})();
