/* life.js: the life of a page or a frame: what happened to it, event by
 * event. */
"use strict";

const LIFE_ROWS = 500;

function lifeBox(index) {
  return element("section", { className: "life", id: "life-" + index,
    ariaLive: "polite" },
    element("p", { textContent: "Click a row of the map for its page's life, " +
      "or name one:" }), askForm(index), element("div", {}));
}

/* A field for an address, or a frame's number. */
function askForm(index) {
  const field = element("input", { name: "what", size: 22,
    placeholder: "0x08049000 or 12", ariaLabel: "address, or frame's number" });
  const form = element("form", {}, field, " ",
    element("button", { textContent: "tell" }));
  form.addEventListener("submit", event => {
    const text = field.value.trim();
    event.preventDefault();
    if (/^0x[0-9a-f]{1,8}$/i.test(text))
      showPage(index, Math.floor(parseInt(text, 16) / 4096));
    else if (/^[0-9]{1,7}$/.test(text))
      showFrame(index, Number(text));
    else
      putLife(index, `${text}: neither an address (0x...) nor a frame`);
  });
  return form;
}

function putLife(index, title, ...content) {
  const box = document.querySelector(`#life-${index} > div`);
  box.replaceChildren(element("h4", { textContent: title }), ...content);
  box.scrollIntoView({ block: "nearest" });
}

/* --- a row of the map ---------------------------------------------------- */

/* How often a row was faulted on, where the log's events are not there. */
function faultsOfRow(log, row) {
  let faults = 0;
  let first = Infinity;
  let last = 0;
  for (let i = 0; i < log.cells.length; i += 3) {
    if (log.cells[i] !== row)
      continue;
    faults += log.cells[i + 2];
    first = Math.min(first, log.cells[i + 1]);
    last = Math.max(last, log.cells[i + 1] + 1);
  }
  return { faults, from: first * span / data.mapParts,
    to: last * span / data.mapParts };
}

function summary(log, row) {
  const [first, , pages] = log.rows[row];
  const { faults, from, to } = faultsOfRow(log, row);
  return element("p", {}, `${whole(faults)} faults on ` +
    `${pages === 1 ? "it" : `these ${pages} pages`}, between ${whole(from)} ` +
    `and ${whole(to)}. The log has too many events to have them all here; ` +
    "each tells: ", element("code", { textContent:
      `mmu386 faults --page=${hex(first * 4096)} ${log.path}` }));
}

function pagesOfRow(log, row) {
  const [first, last] = log.rows[row];
  const pages = new Set();
  log.events.linear.forEach((linear, i) => {
    const page = Math.floor(linear / 4096);
    if (log.events.kind[i] < FAULT_KINDS && page >= first && page <= last)
      pages.add(page);
  });
  return [...pages].sort((a, b) => a - b);
}

function showRow(index, row) {
  const log = data.logs[index];
  const [first, last, pages] = log.rows[row];
  if (pages === 1) {
    showPage(index, first);
    return;
  }
  const title = `Pages ${hex(first * 4096)} to ${hex(last * 4096)}`;
  if (!log.events) {
    putLife(index, title, summary(log, row));
    return;
  }
  putLife(index, title, element("p", {}, ...pagesOfRow(log, row).map(page =>
    element("button", { type: "button", textContent: hex(page * 4096),
      onclick: () => showPage(index, page) }))));
}

/* --- events -------------------------------------------------------------- */

function frameButton(index, frame) {
  return frame === null ? "" : element("button", { type: "button",
    textContent: frame, title: "the frame's life",
    onclick: () => showFrame(index, frame) });
}

function pageButton(index, linear) {
  return linear === null ? "" : element("button", { type: "button",
    textContent: hex(linear), title: "the page's life",
    onclick: () => showPage(index, Math.floor(linear / 4096)) });
}

function pair(before, after) {
  if (before === null || after === null || before === after)
    return whole(after ?? before);
  return `${whole(before)} to ${whole(after)}`;
}

function lifeTable(index, chosen) {
  const { events } = data.logs[index];
  const row = i => [whole(events.sequence[i]), whole(events.time[i]),
    whole(events.cycle[i]), String(events.pid[i] ?? ""),
    data.kinds[events.kind[i]], pageButton(index, events.linear[i]),
    whereOf(events, i), frameButton(index, events.frameBefore[i]),
    frameButton(index, events.frame[i]),
    pair(events.refsBefore[i], events.refs[i])];
  return makeTable(["sequence", data.byInstructions ? "instructions" : "time",
    "clocks", "pid", "kind", "address", "at", "frame before", "frame",
    "references"], chosen.slice(0, LIFE_ROWS).map(row));
}

function tellLife(index, title, wanted, option) {
  const log = data.logs[index];
  if (!log.events) {
    putLife(index, title, element("p", {}, "The log has too many events to " +
      "have them all here; its life is told by: ", element("code",
      { textContent: `mmu386 faults ${option} ${log.path}` })));
    return;
  }
  const chosen = [];
  for (let i = 0; i < log.events.sequence.length; i++)
    if (wanted(log.events, i))
      chosen.push(i);
  putLife(index, title, element("p", { textContent:
    `${whole(chosen.length)} events` + (chosen.length > LIFE_ROWS
      ? `, of which the first ${LIFE_ROWS} are shown` : "") }),
    element("div", { className: "wide" }, lifeTable(index, chosen)));
}

function showPage(index, page) {
  const log = data.logs[index];
  const row = rowOf(log, page);
  if (!log.events && row >= 0 && log.rows[row][2] === 1) {
    putLife(index, `Page ${hex(page * 4096)}`, summary(log, row));
    return;
  }
  tellLife(index, `Page ${hex(page * 4096)}`, (events, i) =>
    events.linear[i] !== null && Math.floor(events.linear[i] / 4096) === page,
    `--page=${hex(page * 4096)}`);
}

function showFrame(index, frame) {
  tellLife(index, `Frame ${frame}`, (events, i) =>
    events.frame[i] === frame || events.frameBefore[i] === frame,
    `--frame=${frame}`);
}
