/* charts.js: the charts over time, by uPlot. */
"use strict";

/* The colours of the style sheet: they are others in the dark and on paper. */
function ink(name) {
  return getComputedStyle(document.documentElement)
    .getPropertyValue("--" + name).trim();
}

/* Okabe and Ito's eight, told apart by the colour-blind; lines differ in their
 * dashes as well. */
const series = ["blue", "orange", "green", "red", "sky", "purple", "ink",
  "yellow"];
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2], [12, 4],
  [4, 4]];
const faultInks = ["sky", "blue", "orange", "green", "red", "ink"];
const frameInks = ["sky", "blue", "green", "orange", "purple"];

function timeOfPart(part) {
  return part * data.span / data.parts;
}

const timeAxis = () => ({
  stroke: () => ink("ink"), grid: { stroke: () => ink("grid"), width: 1 },
  ticks: { stroke: () => ink("grid") }, space: 70,
  values: (plot, splits) => splits.map(short),
});

/* Of what is counted there are no halves. */
const countAxis = () => ({
  ...timeAxis(), size: 56, space: 30,
  incrs: Array.from({ length: 48 }, (none, i) =>
    [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3)),
});

const timeLabel = data.byInstructions ? "instructions executed"
  : "sequence number of the event";

/* Legends are worked by keys as well as by the pointer. */
function mendLegend(plot) {
  plot.root.querySelectorAll(".u-series > th").forEach((head, i) => {
    if (i === 0)
      return;
    const press = () =>
      head.setAttribute("aria-pressed", plot.series[i].show);
    head.tabIndex = 0;
    head.setAttribute("role", "button");
    head.title = "hide or show";
    head.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") {
        head.click();
        event.preventDefault();
      }
    });
    head.addEventListener("click", () => setTimeout(press));
    press();
  });
}

function plotWidth(box) {
  return Math.max(280, box.clientWidth);
}

/* Makes a chart in a figure of its own. `chart`: id, title, caption, height,
 * series, columns() (the data of the stretch shown), and what else uPlot is to
 * be told. Returns the figure; the chart itself is drawn when the figure is in
 * the document (startCharts). */
const waiting = [];

function makeChart(chart) {
  const box = element("div", { className: "plot" });
  const figure = element("figure", { id: chart.id },
    element("h3", { textContent: chart.title }), box,
    element("figcaption", { textContent: chart.caption }));
  waiting.push({ chart, box });
  return figure;
}

function optionsOf(chart, box) {
  return {
    width: plotWidth(box), height: chart.height,
    ms: 1, pxAlign: 0,
    cursor: { drag: { x: true, y: false, setScale: false, click: () => {} },
      sync: { key: "time", setSeries: false, filters: { pub: type =>
        type === "mousemove" || type === "mouseleave" } },
      bind: { dblclick: () => null },
      points: { show: chart.points !== false },
      y: chart.crossing === true },
    scales: { x: { time: false, range: () => [view.from, view.to] },
      ...chart.scales },
    axes: chart.axes || [timeAxis(), countAxis()],
    legend: chart.legend || {},
    series: [{ label: timeLabel, value: (plot, v) => whole(v) },
      ...chart.series],
    hooks: {
      setSelect: [plot => {
        const { left, width } = plot.select;
        if (width < 4)
          return;
        plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        setView(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
      }],
      ...chart.hooks,
    },
  };
}

/* Draws what was made. Sizes follow the window, colours the reader's choice. */
function startCharts() {
  for (const { chart, box } of waiting) {
    const plot = new uPlot(optionsOf(chart, box), chart.columns(), box);
    view.charts.push({ plot, box, height: chart.height, data: chart.columns });
    listen(plot);
    mendLegend(plot);
    if (chart.started)
      chart.started(plot);
  }
  const resize = () => view.charts.forEach(({ plot, box, height }) =>
    plot.width !== plotWidth(box) &&
      plot.setSize({ width: plotWidth(box), height }));
  const redraw = () => view.charts.forEach(({ plot }) => plot.redraw());
  addEventListener("resize", resize);
  for (const media of ["(prefers-color-scheme: dark)", "print"])
    matchMedia(media).addEventListener("change", () => {
      resize();
      redraw();
    });
}

/* --- a line a log -------------------------------------------------------- */

const steps = uPlot.paths.stepped({ align: 1 });

/* The parts of time in view, one more at each side. */
function partsInView() {
  const first = Math.max(0,
    Math.floor(view.from / span * data.parts) - 1);
  const last = Math.min(data.parts - 1,
    Math.ceil(view.to / span * data.parts) + 1);
  return [first, last];
}

/* Numbers over time that add up, in parts of the stretch in view that are as
 * long as `parts` of them need, and no longer. */
function sums(numbers, parts) {
  const [first, last] = partsInView();
  const each = Math.max(1, Math.ceil((last - first + 1) / parts));
  const all = [];
  for (let part = first - first % each; part <= last; part += each)
    all.push([timeOfPart(part), numbers.slice(part, part + each)
      .reduce((sum, number) => sum + number, 0)]);
  return all;
}

const BARS = 120; /* parts of what is shown in which is counted */

/* What a line for each log is made of: [columns], of its numbers over time; */
function states(numbersOf) {
  const [first, last] = partsInView();
  const columns = [[]];
  for (let part = first; part <= last; part++)
    columns[0].push(timeOfPart(part));
  for (const log of data.logs) {
    const numbers = numbersOf(log);
    columns.push(columns[0].map((time, i) => numbers[first + i] ?? null));
  }
  return columns;
}

/* and where these add up. */
function counts(numbersOf) {
  const all = data.logs.map(log => sums(numbersOf(log), BARS));
  return [all[0].map(([time]) => time),
    ...all.map(one => one.map(([, sum]) => sum))];
}

/* numbersOf(log): numbers over time. */
function lines(id, title, caption, numbersOf, make = states, paths = steps) {
  return makeChart({
    id, title, caption, height: 240,
    scales: { y: { range: (plot, low, high) => [0, (high || 1) * 1.05] } },
    series: data.logs.map((log, i) => ({
      label: log.name, stroke: () => ink(series[i]), width: 1.75,
      dash: dashes[i], paths, points: { show: false },
      spanGaps: paths !== steps, value: (plot, v) => whole(v),
    })),
    columns: () => make(numbersOf),
  });
}

/* A point for each part of time in which there were forks. */
function forkPoints() {
  const at = log => {
    const numbers = [];
    for (const [part, , worst] of log.forks)
      numbers[part] = worst;
    return numbers;
  };
  return makeChart({
    id: "forks", title: "Latency of fork, in clocks", height: 240,
    caption: "From the first event of the call to the child's birth, as far " +
      "as the log tells; in each 1/" + data.parts + " of the time the longest.",
    scales: { y: { range: (plot, low, high) => [0, (high || 1) * 1.05] } },
    series: data.logs.map((log, i) => ({
      label: log.name, stroke: () => ink(series[i]), paths: () => null,
      points: { show: true, size: 5 + 2 * (i % 3), width: 1.5,
        fill: () => i % 2 ? ink("paper") : ink(series[i]) },
      value: (plot, v) => whole(v),
    })),
    columns: () => states(at),
  });
}

/* --- kinds, one on top of the other -------------------------------------- */

/* A column for each kind: what it and the visible kinds behind it make. The
 * first is drawn whole and the others over it. */
function stacked(kinds, shown) {
  const sums = new Array(kinds[0].length).fill(0);
  const columns = kinds.map(() => null);
  for (let kind = kinds.length - 1; kind >= 0; kind--) {
    if (shown[kind])
      kinds[kind].forEach((number, i) => { sums[i] += number || 0; });
    columns[kind] = sums.slice();
  }
  return columns;
}

/* make(): { times, kinds, most }, of the stretch in view. */
function stack(id, title, caption, names, inks, make, draw) {
  const shown = names.map(() => true);
  let made = null;
  const columns = () => {
    made = make();
    return [made.times, ...stacked(made.kinds, shown)];
  };
  return makeChart({
    id, title, caption, height: 280, columns,
    scales: { y: { range: (plot, low, high) => [0, (high || 1) * 1.05] } },
    series: names.map((name, kind) => ({
      label: name, width: 0.75, paths: steps, points: { show: false },
      stroke: () => ink("edge"), fill: () => ink(inks[kind]),
      value: (plot, v, i, at) => at === null ? "–"
        : whole(made.kinds[kind][at]),
    })),
    points: false,
    hooks: {
      setSeries: [(plot, i, options) => {
        if (i === null || options.show === undefined)
          return;
        shown[i - 1] = options.show;
        plot.setData(columns());
      }],
      draw: draw ? [draw] : [],
    },
  });
}

function framesOf(log, id) {
  return stack(id, "Frames in use by kind, one on top of the other",
    `By how each frame came by its contents. Of each 1/${data.parts} of the ` +
    "time the state with the most frames is shown.",
    data.frameKinds, frameInks, () => {
      const [first, last] = partsInView();
      const end = Math.min(last, log.frames[0].length - 1);
      const times = [];
      for (let part = first; part <= end; part++)
        times.push(timeOfPart(part));
      return { times,
        kinds: log.frames.map(all => all.slice(first, end + 1)) };
    });
}

function faultsOf(log, id) {
  return stack(id, "Page faults by kind, one on top of the other",
    `By what the kernel did about each, in each 1/${BARS} of what is shown. ` +
    (log.events ? "" : `The log has ${whole(log.count)} events: they are ` +
      `counted in 1/${data.parts} of its time. `) +
    "Triangles are findings.",
    faultNames, faultInks, () => {
      const long = (view.to - view.from) * data.parts / span;
      const parts = log.events ? BARS
        : Math.max(1, Math.min(BARS, Math.floor(long)));
      const times = [];
      for (let part = 0; part <= parts; part++)
        times.push(view.from + (view.to - view.from) * part / parts);
      const kinds = faultParts(log, view.from, view.to, parts);
      kinds.forEach(all => all.push(all[parts - 1]));
      return { times, kinds };
    }, plot => drawFindings(plot, log));
}

/* A triangle at the top for each finding in view. */
function drawFindings(plot, log) {
  const { ctx, bbox } = plot;
  const size = 5 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = ink("ink");
  for (const finding of log.findings.list) {
    const time = finding.times[0];
    if (time < view.from || time > view.to)
      continue;
    const x = plot.valToPos(time, "x", true);
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + 1.6 * size);
    ctx.fill();
  }
  ctx.restore();
}
