/* tree.js: the processes from birth to death, each under its parent. */
"use strict";

const BRANCH = 14; /* pixels a process */

function endOf(process) {
  const { status } = process;
  if (status === null)
    return "alive at the end";
  return status & 0x7F ? `killed by signal ${status & 0x7F}`
    : `exit status ${status >> 8 & 0xFF}`;
}

function lastName(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

function drawTree(plot, log) {
  const { ctx, bbox } = plot;
  const rows = log.processes.length;
  const y = row => plot.valToPos(rows - row - 0.5, "y", true);
  const x = time => plot.valToPos(time, "x", true);
  const half = 0.3 * BRANCH * devicePixelRatio;
  const rowOfPid = new Map(log.processes.map(({ pid }, row) => [pid, row]));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = ink("sky");
  ctx.strokeStyle = ink("faint");
  log.processes.forEach((process, row) => {
    const parent = rowOfPid.get(process.parent);
    const left = x(process.birth);
    ctx.fillRect(left, y(row) - half,
      Math.max(devicePixelRatio, x(process.death) - left), 2 * half);
    if (parent === undefined || parent === row)
      return;
    ctx.beginPath();
    ctx.moveTo(left, y(parent));
    ctx.lineTo(left, y(row));
    ctx.stroke();
  });
  ctx.fillStyle = ink("ink");
  for (const [time, row] of log.execs) {
    ctx.beginPath();
    ctx.arc(x(time), y(row), half * 0.8, 0, 7);
    ctx.fill();
  }
  ctx.fillStyle = ink("red");
  log.processes.forEach((process, row) => {
    if (process.status !== null && process.status !== 0)
      ctx.fillRect(x(process.death) - half, y(row) - half, 2 * half, 2 * half);
  });
  ctx.restore();
}

function startTree(plot, log) {
  const tip = element("div", { className: "tip", hidden: true });
  plot.over.append(tip);
  plot.over.addEventListener("mouseleave", () => { tip.hidden = true; });
  plot.over.addEventListener("mousemove", event => {
    const row = Math.floor(event.offsetY / plot.over.clientHeight *
      log.processes.length);
    const process = log.processes[row];
    tip.hidden = !process || event.target !== plot.over;
    if (tip.hidden)
      return;
    tip.textContent = `pid ${process.pid} of ${process.parent}, ` +
      `${process.program}, ${whole(process.birth)} to ` +
      `${whole(process.death)}, ${endOf(process)}`;
    tip.style.left = Math.max(0, Math.min(event.offsetX + 12,
      plot.over.clientWidth - tip.offsetWidth)) + "px";
    tip.style.top = event.offsetY + 14 + "px";
  });
}

function treeOf(log, index) {
  const rows = log.processes.length;
  const middles = log.processes.map((process, row) => rows - row - 0.5);
  return makeChart({
    id: "processes-" + index,
    title: "Processes from birth to death, each under its parent",
    caption: "A bar is a process; a line leads from its parent to its birth; " +
      "a dot is an exec, a square a signal or an exit status other than 0. " +
      `${rows} of ${whole(log.allProcesses)} processes are shown` +
      (rows < log.allProcesses ? ", the first ones." : "."),
    height: 60 + Math.max(1, rows) * BRANCH, points: false,
    scales: { y: { range: [0, Math.max(1, rows)] } },
    legend: { show: false },
    axes: [timeAxis(), { ...timeAxis(), grid: { show: false },
      size: innerWidth < 600 ? 74 : 150, font: "10px system-ui",
      splits: () => middles,
      values: () => log.processes.map(({ program, pid }) =>
        `${lastName(program).slice(0, innerWidth < 600 ? 6 : 16)} ${pid}`) }],
    series: [{ label: "processes", paths: () => null,
      points: { show: false } }],
    columns: () => [[0, span], [null, null]],
    hooks: { draw: [plot => drawTree(plot, log)] },
    started: plot => startTree(plot, log),
  });
}
