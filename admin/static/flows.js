// The list of flows: live rows, and times that people type in their own time zone.
"use strict";

(() => {
  const filters = document.getElementById("filters");
  const live = document.getElementById("live");
  const body = document.getElementById("rows");
  const two = (value) => String(value).padStart(2, "0");

  for (const field of filters.querySelectorAll("input[data-ms]")) {
    if (!field.dataset.ms) continue;
    const when = new Date(Number(field.dataset.ms));
    field.value = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}T${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}`;
  }

  // Only what is filled in goes into the address; times as the moments that they mean here.
  filters.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) {
      if (value === "") event.formData.delete(name);
      else if (name === "from" || name === "before") event.formData.set(name, String(new Date(value).getTime()));
    }
  });

  if (!live.dataset.events) return;

  const say = (state, words) => { live.className = `live ${state}`; live.textContent = words; };
  let loading = false;
  let again = false;

  // The first page once more, with the same filters: what it holds is the server's matter alone. Ticks stay.
  async function refresh() {
    if (loading) { again = true; return; }
    loading = true;
    try {
      const answer = await fetch(live.dataset.rows, { headers: { "HX-Request": "true" } });
      if (answer.status === 401) { window.location.reload(); return; }
      if (!answer.ok) return;
      const known = new Set([...body.querySelectorAll("tr[data-flow]")].map((row) => row.dataset.flow));
      const ticked = new Set([...body.querySelectorAll("input[name=id]:checked")].map((box) => box.value));
      const focused = document.activeElement?.closest?.("tr[data-flow]")?.dataset.flow;
      body.innerHTML = await answer.text();
      for (const row of body.querySelectorAll("tr[data-flow]")) {
        if (!known.has(row.dataset.flow)) row.classList.add("fresh");
        const box = row.querySelector("input[name=id]");
        box.checked = ticked.has(box.value);
        if (row.dataset.flow === focused) row.querySelector("a").focus();
      }
      showLocalTimes(body);
    } catch { /* the connection is gone: the events say so, too */ } finally {
      loading = false;
      if (again) { again = false; setTimeout(refresh, 500); }
    }
  }

  // Only while somebody sees the page: a browser has six connections to one host, and a list in each of seven tabs
  // would leave none for anything else.
  let events = null;
  let polling = 0;
  let later = 0;
  function listen() {
    events = new EventSource(live.dataset.events);
    events.onopen = () => { clearInterval(polling); polling = 0; say("on", live.dataset.on); refresh(); };
    events.addEventListener("flows", refresh);
    events.onerror = () => {
      if (events.readyState !== EventSource.CLOSED) { say("off", live.dataset.off); return; } // it tries again by itself
      say("off", live.dataset.slow); // as many listen as can be: ask now and then, and try again
      polling = polling || setInterval(refresh, 10000);
      later = setTimeout(listen, 15000);
    };
  }
  function stop() {
    events?.close();
    events = null;
    clearInterval(polling);
    clearTimeout(later);
    polling = 0;
  }
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else if (!events) listen(); });
  window.addEventListener("pagehide", stop);
  if (!document.hidden) listen();
})();
