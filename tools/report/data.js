/* data.js: what the page shows, as the command wrote it (data.c):
 *
 * data.span        time runs from 0 to it, in instructions or, where
 *                  byInstructions is false, in sequence numbers of events
 * data.parts       of time: arrays over time have a number for each of them, up
 *                  to the log's end
 * data.logs[]      frames, faults: by kind, over time; clocks, flushes: over
 *                  time; forks: [part, forks, clocks of the worst]
 *   .rows          of the map of pages: [first page, last page, pages]; the
 *                  rows of .groups, one for each stretch of a mapping
 *   .events        column by column; null where the log has too many: then
 *                  .cells has row, part (of mapParts) and faults of the map
 *   .findings      .list: of each kind the first; .counts: how many there are
 */
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const FAULT_KINDS = 6; /* the first of data.kinds */

/* What the kinds of faults are called where there is room. */
const faultNames = ["zero-filled on demand", "page of a file",
  "copied on write", "taken over", "refused", "no frame left"];

/* Everything is made by this, and texts are only ever texts: what a log says
 * is never taken for HTML. */
function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {}))
    if (key in made)
      made[key] = value;
    else
      made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function hex(address) {
  return "0x" + address.toString(16).padStart(8, "0");
}

/* 1234567 as "1,234,567" and as "1.23M". */
function whole(number) {
  return number === null || number === undefined
    ? "–" : Math.round(number).toLocaleString("en");
}

function short(number) {
  for (const [size, unit] of [[1e9, "G"], [1e6, "M"], [1e4, "k"]])
    if (Math.abs(number) >= size)
      return +(number / (size === 1e4 ? 1e3 : size)).toPrecision(4) + unit;
  return whole(number);
}

/* The first event of a log at or after a time. */
function firstEvent(events, time) {
  let low = 0;
  let high = events.time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events.time[middle] < time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The faults of a log from one time to another, in `parts` equal ones, by kind.
 * Where there are no events one by one the log's own parts are taken whole. */
function faultParts(log, from, to, parts) {
  const counts = log.faults.map(() => new Array(parts).fill(0));
  const place = time =>
    Math.min(parts - 1, Math.floor((time - from) / (to - from) * parts));
  if (log.events) {
    const { time, kind } = log.events;
    for (let i = firstEvent(log.events, from);
         i < time.length && time[i] <= to; i++)
      if (kind[i] < FAULT_KINDS)
        counts[kind[i]][place(time[i])]++;
    return counts;
  }
  log.faults.forEach((all, kind) => all.forEach((faults, part) => {
    const time = (part + 0.5) * data.span / data.parts;
    if (faults && time >= from && time <= to)
      counts[kind][place(time)] += faults;
  }));
  return counts;
}

/* The faults of a log from one time to another. */
function faultsBetween(log, from, to) {
  return faultParts(log, from, to, 1).reduce((sum, all) => sum + all[0], 0);
}

/* The instruction of an event, as the log names it. */
function whereOf(events, i) {
  const where = events.where[i];
  if (where === null)
    return "";
  return Array.isArray(where) ? events.names[where[0]] : hex(where);
}
