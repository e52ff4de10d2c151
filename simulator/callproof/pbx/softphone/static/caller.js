// Of the customer that is chosen and the number that is typed only one is there: what was done last counts.
(() => {
  "use strict";
  let called = false;

  function typed(text) {
    const list = document.getElementById("call-customer");
    if (text) list.value = "";
    else if (!list.value) list.selectedIndex = 1;
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.addEventListener("input", (event) => {
      if (event.target.id === "call-other") typed(event.target.value.trim());
    });
    document.addEventListener("change", (event) => {
      if (event.target.id === "call-customer") document.getElementById("call-other").value = "";
    });
    // The next caller is chosen anew; what was refused can be mended.
    document.addEventListener("htmx:after:request", (event) => { called = called || event.target.id === "call"; });
    document.addEventListener("htmx:after:swap", () => {
      if (!called) return;
      called = false;
      const field = document.getElementById("call-other");
      if (field.value && document.getElementById("said").hidden) { field.value = ""; typed(""); }
    });
    typed(document.getElementById("call-other").value.trim());
  });
})();
