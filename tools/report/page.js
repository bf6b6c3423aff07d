/* page.js: puts the page together. */
"use strict";

/* What all logs have in common: a line each. */
function compareLogs() {
  const clocked = data.logs.every(log => log.clocked);
  const sumOf = kinds => log => log.frames[0].map((frames, part) =>
    kinds.reduce((sum, kind) => sum + log.frames[kind][part], 0));
  const faults = log => log.faults[0].map((count, part) =>
    log.faults.reduce((sum, all) => sum + all[part], 0));
  const once = make => {
    const made = new Map();
    return log => made.get(log) || made.set(log, make(log)).get(log);
  };
  const caption = `In parts of what is shown, ${BARS} at most, or of ` +
    `1/${data.parts} of the whole.`;
  const charts = [];
  if (data.logs.length > 1)
    charts.push(
      lines("frames", "Frames of user pages in use", "Of each 1/" + data.parts +
        " of the time the state with the most.", once(sumOf([0, 1, 2, 3]))),
      lines("copies", "Of these: copies, made at fork or for a write", "",
        once(sumOf([2, 3]))),
      lines("tables", "Frames of page tables and directories", "",
        once(sumOf([4]))),
      lines("faults", "Page faults", caption, once(faults), counts));
  if (clocked)
    charts.push(lines("clocks", "Clocks so far", "Where a line is steep, " +
      `what ${data.byInstructions ? "an instruction" : "an event"} takes is ` +
      "long.", log => log.clocks, states, uPlot.paths.linear()));
  if (clocked && data.logs.some(log => log.forks.length))
    charts.push(forkPoints());
  charts.push(lines("flushes", "Flushes of the TLB, whole or of one entry",
    caption, log => log.flushes, counts));
  return element("section", {}, element("h2", { textContent:
    data.logs.length > 1 ? "Side by side" : "Over time" }),
    element("div", { className: "pairs" }, ...charts));
}

function tellLog(log, index) {
  return element("section", { id: "log-" + index },
    element("h2", { textContent: "Under " + log.name }),
    element("div", { className: "pairs" }, framesOf(log, "frames-" + index),
      faultsOf(log, "faults-" + index)),
    findingsOf(log, index), mapOf(log, index), lifeBox(index),
    treeOf(log, index));
}

function startPage() {
  const main = document.getElementById("charts");
  document.querySelectorAll("table.sortable").forEach(makeSortable);
  main.append(element("p", { className: "help", textContent: "Drag in a " +
    "chart to zoom in time, with Shift to pan; click twice for all; Ctrl and " +
    "the wheel zoom, the keys + - 0 and arrows move. A click in a legend " +
    "hides. " +
    `Time: ${timeLabel}.` }), makeBar(), compareLogs(),
    ...data.logs.map(tellLog));
  startCharts();
  showView();
}

startPage();
