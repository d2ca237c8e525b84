"use strict";
// Live and the chart: follow the event stream. Texts are set as text, never as HTML.
(() => {
  const list = document.getElementById("live");
  const figure = document.getElementById("rates");
  if (!list && !figure) return;
  const MOST = 500;
  const button = document.getElementById("pause");
  const state = document.getElementById("state");
  let paused = false;
  const waiting = [];
  const element = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };
  const show = (item) => {
    const line = document.createElement("li");
    if (item.bad) line.className = "bad";
    const at = new Date(item.at * 1000).toISOString();
    line.append(element("time", at.slice(0, 10) + " " + at.slice(11, 19) + "Z"), " ", element("b", item.what), " ");
    const label = item.kind + " " + (item.namespace ? item.namespace + "/" : "") + item.name;
    if (item.link && /^\/objects[/?]/.test(item.link)) {
      const link = element("a", label);
      link.href = item.link;
      line.append(link);
    } else {
      line.append(label);
    }
    const where = item.cluster && item.kind !== "Cluster" ? " in " + item.cluster : "";
    line.append(where + (item.text ? ": " + item.text : ""));
    list.prepend(line);
    while (list.children.length > MOST) list.lastElementChild.remove();
    document.getElementById("nothing").hidden = true;
  };
  const chart = figure && drawn(figure);
  const take = (item) => {
    if (chart) chart.count(item);
    if (list) show(item);
  };
  const say = () => {
    if (state) state.textContent = paused ? "paused, " + waiting.length + " waiting" : "following";
  };
  const stream = new EventSource("/live/events");
  stream.onopen = say;
  stream.onerror = () => { if (state) state.textContent = "not connected, trying again"; };
  stream.onmessage = (message) => {
    const item = JSON.parse(message.data);
    if (!paused) return take(item);
    waiting.push(item);
    if (waiting.length > MOST) waiting.shift();
    say();
  };
  if (button) button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Continue" : "Pause";
    if (!paused) waiting.splice(0).forEach(take);
    say();
  });
  addEventListener("pagehide", () => stream.close());

  // The chart of the last hour. Its table has the same numbers.
  function drawn(figure) {
    const MINUTES = 60;
    const names = figure.dataset.counted.split(" ");
    const data = JSON.parse(figure.dataset.series);
    const area = figure.querySelector(".chart");
    const reading = document.getElementById("reading");
    const rows = document.getElementById("minutes");
    const time = (at) => new Date(at * 1000).toISOString().slice(11, 16);
    let plot = null;
    const draw = () => {
      if (plot) plot.destroy();
      const color = (name) => getComputedStyle(figure).getPropertyValue(name).trim();
      const colors = ["--accent", "--degrading", "--bad"].map(color);
      const axis = { stroke: color("--faint"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
      const series = names.map((name, at) => (
        { label: name, stroke: colors[at], width: 2, dash: [[], [6, 4], [2, 3]][at], points: { show: false } }));
      plot = new uPlot({
        width: area.clientWidth, height: 150, legend: { show: false }, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.1, 4)] } },
        axes: [{ ...axis, size: 28, values: (_, ticks) => ticks.map(time) },
          { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }],
        series: [{}, ...series],
        hooks: { setCursor: [(shown) => {
          const at = shown.cursor.idx;
          reading.textContent = at == null ? ""
            : time(data[0][at]) + ": " + names.map((name, index) => data[index + 1][at] + " " + name).join(", ");
        }] },
      }, data, area);
    };
    figure.hidden = false;
    draw();
    new ResizeObserver(() => plot.setSize({ width: area.clientWidth, height: 150 })).observe(area);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    const move = (now) => {
      const present = Math.floor(now / 60) * 60;
      if (present <= data[0][data[0].length - 1]) return;
      for (let at = Math.max(data[0][data[0].length - 1] + 60, present - (MINUTES - 1) * 60); at <= present; at += 60) {
        data.forEach((column, index) => { column.push(index ? 0 : at); column.shift(); });
      }
    };
    const write = () => {
      names.forEach((name, index) => {
        figure.querySelector('[data-sum="' + name + '"]').textContent = data[index + 1].reduce((sum, one) => sum + one, 0);
      });
      const lines = [];
      for (let at = data[0].length - 1; at >= 0; at -= 1) {
        const counts = names.map((_, index) => data[index + 1][at]);
        if (at < data[0].length - 1 && !counts.some(Boolean)) continue;
        const head = element("th", time(data[0][at]));
        head.scope = "row";
        const line = document.createElement("tr");
        line.append(head, ...counts.map((count) => {
          const cell = element("td", String(count));
          cell.className = "number";
          return cell;
        }));
        lines.push(line);
      }
      rows.replaceChildren(...lines);
      plot.setData(data);
    };
    let due = false;
    return { count(item) {
      const index = names.indexOf(item.counted);
      if (index < 0) return;
      move(item.at);
      const at = data[0].indexOf(Math.floor(item.at / 60) * 60);
      if (at < 0) return;
      data[index + 1][at] += 1;
      if (due) return;
      due = true;
      setTimeout(() => { due = false; write(); }, 250);
    } };
  }
})();
