/* map.js: the map of pages: which faulted when. A row is a touched page, or
 * several neighbours where there are too many. Of a log whose events are there
 * each fault is a stroke of its kind's colour, else each cell is the darker the
 * more faults it has. */
"use strict";

const GROUP = 16; /* pixels, room for a group's name */

/* How high a row is, in pixels: few are given more room. */
function rowHeight(log) {
  return Math.max(5, Math.min(14, Math.floor(200 / (log.rows.length || 1))));
}

/* Where each row is drawn: its lower edge in rows, from below. */
function layRows(log) {
  const bottoms = [];
  const least = Math.ceil(GROUP / rowHeight(log));
  let at = 0;
  for (const group of log.groups) {
    const height = Math.max(group.rows, least);
    for (let row = 0; row < group.rows; row++)
      bottoms[group.row + row] = at + row;
    group.middle = at + height / 2;
    group.top = at + height + 0.5;
    at += height + 1;
  }
  return { bottoms, height: at || 1 };
}

/* The row of a page, or -1. */
function rowOf(log, page) {
  let low = 0;
  let high = log.rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (log.rows[middle][1] < page)
      low = middle + 1;
    else
      high = middle;
  }
  return low < log.rows.length && log.rows[low][0] <= page ? low : -1;
}

function groupName(group) {
  const name = group.name.length > 16 ? group.name.slice(0, 15) + "…"
    : group.name;
  return innerWidth < 600 ? name.slice(0, 9)
    : `${name} ${hex(group.first * 4096)}`;
}

/* --- drawing ------------------------------------------------------------- */

function drawEvents(plot, log, layout, fill) {
  const { time, kind, linear } = log.events;
  const wide = 3 * devicePixelRatio;
  for (let i = firstEvent(log.events, view.from);
       i < time.length && time[i] <= view.to; i++) {
    if (kind[i] >= FAULT_KINDS || !plot.series[1 + kind[i]].show)
      continue;
    const row = rowOf(log, Math.floor(linear[i] / 4096));
    if (row >= 0)
      fill(faultInks[kind[i]], plot.valToPos(time[i], "x", true) - wide / 2,
        wide, layout.bottoms[row]);
  }
}

function drawCells(plot, log, layout, fill) {
  const most = log.cells.reduce((all, count, i) =>
    i % 3 === 2 ? Math.max(all, count) : all, 1);
  const long = span / data.mapParts;
  for (let i = 0; i < log.cells.length; i += 3) {
    const [row, part, count] = log.cells.slice(i, i + 3);
    const left = Math.max(part * long, view.from);
    const right = Math.min((part + 1) * long, view.to);
    if (left >= right)
      continue;
    plot.ctx.globalAlpha = 0.25 + 0.75 * Math.log(count + 1) /
      Math.log(most + 1);
    const x = plot.valToPos(left, "x", true);
    fill("blue", x, plot.valToPos(right, "x", true) - x + 0.5,
      layout.bottoms[row]);
  }
  plot.ctx.globalAlpha = 1;
}

/* A ring about the page of each finding, at its first event. */
function drawRings(plot, log, layout) {
  const { ctx } = plot;
  ctx.strokeStyle = ink("ink");
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const finding of log.findings.list) {
    const row = finding.linear === null ? -1
      : rowOf(log, Math.floor(finding.linear / 4096));
    const time = finding.times[0];
    if (row < 0 || time < view.from || time > view.to)
      continue;
    ctx.beginPath();
    ctx.arc(plot.valToPos(time, "x", true),
      plot.valToPos(layout.bottoms[row] + 0.5, "y", true),
      4 * devicePixelRatio, 0, 7);
    ctx.stroke();
  }
}

function drawMap(plot, log, layout) {
  const { ctx, bbox } = plot;
  const inks = new Map();
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = ink("grid");
  for (const group of log.groups) {
    const y = plot.valToPos(group.top, "y", true);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  const fill = (name, x, width, bottom) => {
    if (!inks.has(name))
      inks.set(name, ink(name));
    const top = plot.valToPos(bottom + 1, "y", true);
    ctx.fillStyle = inks.get(name);
    ctx.fillRect(x, top, width, plot.valToPos(bottom, "y", true) - top);
  };
  (log.events ? drawEvents : drawCells)(plot, log, layout, fill);
  if (plot.series[plot.series.length - 1].show)
    drawRings(plot, log, layout);
  ctx.restore();
}

/* --- the pointer --------------------------------------------------------- */

/* The row at a height in the chart, or -1. */
function rowAt(plot, layout, top) {
  const y = plot.posToVal(top, "y");
  return layout.bottoms.findIndex(bottom => bottom <= y && y < bottom + 1);
}

/* The event of the row that is nearest to a place, within 6 pixels; or -1. */
function eventAt(plot, log, row, left) {
  const { time, kind, linear } = log.events;
  const from = plot.posToVal(left - 6, "x");
  const to = plot.posToVal(left + 6, "x");
  const middle = plot.posToVal(left, "x");
  const [first, last] = log.rows[row];
  let best = -1;
  for (let i = firstEvent(log.events, from);
       i < time.length && time[i] <= to; i++) {
    const page = Math.floor(linear[i] / 4096);
    if (kind[i] < FAULT_KINDS && plot.series[1 + kind[i]].show &&
        page >= first && page <= last &&
        (best < 0 ||
         Math.abs(time[i] - middle) < Math.abs(time[best] - middle)))
      best = i;
  }
  return best;
}

function tellEvent(log, i) {
  const events = log.events;
  const frames = events.frame[i] === null ? ""
    : `, frame ${events.frameBefore[i] === null ? "" :
      events.frameBefore[i] + " to "}${events.frame[i]}`;
  return `${whole(events.sequence[i])}: ${data.kinds[events.kind[i]]}, ` +
    `${hex(events.linear[i])}, pid ${events.pid[i]}, ` +
    `error 0x${(events.error[i] || 0).toString(16)}, ` +
    `${whereOf(events, i)}${frames}`;
}

function tellRow(log, row, left, plot) {
  const [first, last, pages] = log.rows[row];
  const group = log.groups.find(one => row < one.row + one.rows);
  const text = pages === 1 ? `page ${hex(first * 4096)}`
    : `${pages} pages, ${hex(first * 4096)} to ${hex(last * 4096)}`;
  const faults = log.events ? "" : ": " +
    whole(cellAt(log, row, plot.posToVal(left, "x"))) + " faults";
  return `${text}, ${group.name}${faults}`;
}

function cellAt(log, row, time) {
  const part = Math.floor(time / span * data.mapParts);
  for (let i = 0; i < log.cells.length; i += 3)
    if (log.cells[i] === row && log.cells[i + 1] === part)
      return log.cells[i + 2];
  return 0;
}

function startMap(plot, log, layout, index) {
  const tip = element("div", { className: "tip", hidden: true });
  let down = 0;
  plot.over.append(tip);
  const tell = event => {
    const left = event.offsetX;
    const row = rowAt(plot, layout, event.offsetY);
    const i = row >= 0 && log.events ? eventAt(plot, log, row, left) : -1;
    tip.hidden = row < 0;
    if (row >= 0)
      tip.textContent = i >= 0 ? tellEvent(log, i)
        : tellRow(log, row, left, plot);
    tip.style.left = Math.max(0,
      Math.min(left + 12, plot.over.clientWidth - tip.offsetWidth)) + "px";
    tip.style.top = event.offsetY + 14 + "px";
    return { row, i };
  };
  plot.over.addEventListener("mousemove", event => {
    if (event.target === plot.over)
      tell(event);
  });
  plot.over.addEventListener("mouseleave", () => { tip.hidden = true; });
  plot.over.addEventListener("mousedown", event => { down = event.clientX; });
  plot.over.addEventListener("click", event => {
    if (Math.abs(event.clientX - down) > 3 || event.target !== plot.over)
      return;
    const { row, i } = tell(event);
    if (i >= 0)
      showPage(index, Math.floor(log.events.linear[i] / 4096));
    else if (row >= 0)
      showRow(index, row);
  });
}

/* --- the chart ----------------------------------------------------------- */

function mapOf(log, index) {
  const layout = layRows(log);
  const label = log.events ? faultNames : [];
  const blank = { points: { show: false }, paths: () => null };
  const most = log.rows.reduce((all, row) => Math.max(all, row[2]), 1);
  return makeChart({
    id: "pages-" + index, title: "Page faults by page and time",
    caption: `${whole(log.touched)} pages faulted, in ${log.groups.length} ` +
      `groups of one kind of mapping; a row is ` +
      `${most > 1 ? `up to ${most} touched pages` : "a touched page"}. ` +
      (log.events ? "A stroke is a fault; " : "The darker, the more faults " +
        `(in 1/${data.mapParts} of the time, as the log has ` +
        `${whole(log.count)} events); `) +
      "a ring is a finding. A click tells the life of a page.",
    height: 70 + layout.height * rowHeight(log), points: false, crossing: true,
    scales: { y: { range: [0, layout.height] } },
    legend: { live: false },
    axes: [timeAxis(), { ...timeAxis(), size: innerWidth < 600 ? 74 : 190,
      splits: () => log.groups.map(group => group.middle),
      grid: { show: false },
      values: () => log.groups.map(groupName), font: "11px system-ui" }],
    series: [...label.map((name, kind) => ({ ...blank, label: name,
      stroke: () => ink("edge"), fill: () => ink(faultInks[kind]) })),
      { ...blank, label: "findings", stroke: () => ink("ink") }],
    columns: () => [[0, span], ...label.map(() => [null, null]), [null, null]],
    hooks: { draw: [plot => drawMap(plot, log, layout)] },
    started: plot => startMap(plot, log, layout, index),
  });
}
