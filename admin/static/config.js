// The editor of the configuration: line numbers, marks at faults, and a question before unsaved work is left.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const text = document.getElementById("text");
  if (!text) return;
  const gutter = document.querySelector(".gutter");
  const form = document.getElementById("config");
  const saved = text.defaultValue;
  let saving = false;

  function number() {
    const faulty = new Set([...document.querySelectorAll("[data-fault-line]")].map((item) => Number(item.dataset.faultLine)));
    const count = text.value.split("\n").length;
    gutter.replaceChildren(...Array.from({ length: count }, (_, index) => {
      const line = document.createElement("span");
      line.textContent = `${index + 1}\n`;
      if (faulty.has(index + 1)) line.className = "faulty";
      return line;
    }));
    gutter.scrollTop = text.scrollTop;
  }

  function goTo(line) {
    const before = text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = text.value.indexOf("\n", before);
    text.focus();
    text.setSelectionRange(before, end < 0 ? text.value.length : end);
    const height = parseFloat(getComputedStyle(text).lineHeight);
    text.scrollTop = Math.max((line - 6) * height, 0);
  }

  text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
  text.addEventListener("input", number);
  document.addEventListener("htmx:afterSwap", number);
  document.addEventListener("click", (event) => {
    const line = event.target.dataset?.goToLine;
    if (line) goTo(Number(line));
  });
  form.addEventListener("submit", () => { saving = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!saving && text.value !== saved) event.preventDefault();
  });
  number();
});
