// What every page does in the browser. No inline scripts anywhere: the pages' policy forbids them.
"use strict";

// Times come as UTC, and are shown in the reader's own time zone.
function showLocalTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const when = new Date(element.dateTime);
    if (Number.isNaN(when.getTime()) || element.dataset.shown) continue;
    const two = (value) => String(value).padStart(2, "0");
    const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
    element.title = element.textContent;
    element.textContent = `${day} ${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}`;
    element.dataset.shown = "yes";
  }
}

// A line at the edge of the window that goes by itself.
function notify(text, kind) {
  const notice = document.createElement("p");
  notice.className = `note ${kind || ""}`;
  notice.textContent = text;
  document.getElementById("notices").append(notice);
  setTimeout(() => notice.remove(), 6000);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form) form.requestSubmit();
});

// A form or button with data-confirm asks first.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
}, true);

// A checkbox with data-check-all="NAME" ticks all of that name.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.checkAll;
  if (!name) return;
  for (const box of document.querySelectorAll(`input[type=checkbox][name="${name}"]`)) box.checked = event.target.checked;
});

document.addEventListener("DOMContentLoaded", () => {
  showLocalTimes(document);
  // on a phone the navigation is wider than the window
  document.querySelector(".bar nav [aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
});
document.addEventListener("htmx:load", (event) => showLocalTimes(event.detail.elt));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 401) notify(`${event.detail.xhr.status} ${event.detail.xhr.statusText}`, "bad");
});
