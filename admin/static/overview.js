// The charts of the overview. Colours are the page's own, in either theme.
"use strict";

(() => {
  const holder = document.getElementById("charts");
  if (!holder || !window.uPlot) return;
  const data = JSON.parse(holder.dataset.days);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const short = (value) => {
    for (const [size, unit] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]]) if (Math.abs(value) >= size) return `${+(value / size).toPrecision(3)}${unit}`;
    return String(+value.toPrecision(3));
  };
  const units = {
    count: short,
    usd: (value) => `$${value >= 1 || value === 0 ? short(value) : value.toPrecision(2)}`,
    ms: (value) => (value >= 1000 ? `${+(value / 1000).toPrecision(3)} s` : `${Math.round(value)} ms`),
  };
  const day = (seconds) => { const when = new Date(seconds * 1000); return `${when.getUTCMonth() + 1}/${when.getUTCDate()}`; };
  let charts = [];

  function draw() {
    for (const chart of charts) chart.destroy();
    charts = [...holder.querySelectorAll(".chart")].map((place) => {
      const series = JSON.parse(place.dataset.series);
      const told = units[place.dataset.unit];
      const shown = (value) => (value === null || value === undefined ? "–" : told(value));
      const isLine = place.dataset.unit === "ms";
      const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
      const bars = uPlot.paths.bars({ size: [0.7, 46], radius: 0.15 });
      const colours = series.map(([name], index) => (name === "errors" ? colour("--bad") : colour(`--series-${index + 1}`)));
      return new uPlot({
        width: place.clientWidth, height: 190, cursor: { y: false, points: { show: isLine } },
        scales: { x: { range: (chart, low, high) => [low - 43200, high + 43200] }, y: { range: (chart, low, high) => [0, Math.max(high * 1.1, place.dataset.unit === "usd" ? 0.01 : 1)] } },
        axes: [
          { ...axis, size: 32, grid: { show: false }, values: (chart, ticks) => ticks.map(day), splits: (chart) => { const every = Math.ceil(data.days.length / Math.max(2, chart.width / 60)); return data.days.filter((each, index) => (data.days.length - 1 - index) % every === 0); } },
          { ...axis, size: 58, values: (chart, ticks) => ticks.map(told) },
        ],
        series: [
          { label: "", value: (chart, value) => (value === null ? "" : day(value)) },
          ...series.map(([name, label], index) => ({
            label, stroke: colours[index], width: 2, value: (chart, value) => shown(value),
            ...(isLine ? { points: { show: true, size: 5, fill: colours[index] }, spanGaps: true, dash: index % 2 ? [5, 4] : undefined } : { paths: bars, fill: colours[index], width: 0, points: { show: false } }),
          })),
        ],
      }, [data.days, ...series.map(([name]) => data[name])], place);
    });
  }
  draw();
  let waiting = 0;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 150); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
