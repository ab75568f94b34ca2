// One flow: the replay of its answer at its own pace, and copying.
"use strict";

(() => {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = document.querySelector(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        notify(button.dataset.done, "good");
      } catch { // no clipboard without https: mark it, so that the keys can do it
        const range = document.createRange();
        range.selectNodeContents(source);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
      }
    });
  }

  const replay = document.querySelector(".replay");
  if (!replay) return;
  const pace = JSON.parse(replay.dataset.pace); // [[ms, part, text], …]
  const [speed, bar, clock, button] = ["select", "progress", ".clock", "button"].map((each) => replay.querySelector(each));
  const places = [...document.querySelectorAll("#message .part")].map((part) => part.querySelector(".said"));
  const whole = places.map((place) => [...place.childNodes]);
  const lastMs = pace[pace.length - 1][0];
  let at = 0, next = 0, timer = 0, before = 0;

  const begin = () => {
    at = 0; next = 0;
    for (const place of places) { place.replaceChildren(); place.classList.add("replaying"); }
  };
  const end = () => {
    stop();
    places.forEach((place, index) => { place.replaceChildren(...whole[index]); place.classList.remove("replaying"); });
    at = 0; next = 0;
  };
  const stop = () => { cancelAnimationFrame(timer); timer = 0; button.textContent = replay.dataset.play; };
  const step = (now) => {
    at += (now - before) * Number(speed.value);
    before = now;
    while (next < pace.length && pace[next][0] <= at) {
      const [, part, text] = pace[next++];
      places[part]?.append(text); // a text node: nothing in it is HTML
    }
    bar.value = Math.min(1, at / lastMs);
    clock.textContent = `${Math.min(Math.round(at), lastMs)} ms`;
    if (next >= pace.length) end();
    else timer = requestAnimationFrame(step);
  };
  button.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (next === 0) begin();
    before = performance.now();
    button.textContent = replay.dataset.pause;
    timer = requestAnimationFrame(step);
  });
})();
