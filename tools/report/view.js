/* view.js: the stretch of time that all charts show, and how it is moved. */
"use strict";

const span = Math.max(data.span, 1);
const view = { from: 0, to: span, charts: [] };
const LEAST = data.byInstructions ? span / 1e7 : 2;

/* Shows the stretch in every chart. Each is { plot, data(), mend() }: its
 * columns are made anew, as parts of time are larger in a long stretch. */
function showView() {
  for (const chart of view.charts)
    chart.plot.setData(chart.data());
  const faults = data.logs.map(log =>
    `${log.name} ${whole(faultsBetween(log, view.from, view.to))}`);
  document.getElementById("view").textContent =
    `${whole(view.from)} to ${whole(view.to)} of ${whole(span)} ` +
    `${data.byInstructions ? "instructions" : "events"}; page faults in it: ` +
    faults.join(", ");
}

function setView(from, to) {
  const length = Math.min(span, Math.max(LEAST, to - from));
  view.from = Math.max(0, Math.min(span - length, from));
  view.to = view.from + length;
  showView();
}

/* Zooms by a factor about a place in the stretch, 0 to 1; pans by a part of
 * it. */
function zoom(factor, place = 0.5) {
  const length = view.to - view.from;
  const at = view.from + length * place;
  setView(at - length * factor * place, at + length * factor * (1 - place));
}

function pan(part) {
  const by = (view.to - view.from) * part;
  setView(view.from + by, view.to + by);
}

const moves = {
  "+": ["zoom in", () => zoom(0.5)],
  "-": ["zoom out", () => zoom(2)],
  ArrowLeft: ["earlier", () => pan(-0.25)],
  ArrowRight: ["later", () => pan(0.25)],
  0: ["all", () => setView(0, span)],
};

/* The bar with the buttons, and the keys that do the same. */
function makeBar() {
  const bar = element("div", { className: "bar", role: "toolbar",
    ariaLabel: "time shown" });
  const faces = { ArrowLeft: "◀", ArrowRight: "▶", "-": "−", 0: "all" };
  for (const [key, [title, move]] of Object.entries(moves))
    bar.append(element("button", { type: "button", onclick: move,
      title: `${title} (key ${key.replace("Arrow", "")})`, id: "move-" + title,
      ariaLabel: title, textContent: faces[key] || key }));
  bar.append(element("output", { id: "view" }));
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey ||
        event.target.closest("input, button, table"))
      return;
    const move = moves[event.key === "=" ? "+" : event.key];
    if (move) {
      move[1]();
      event.preventDefault();
    }
  });
  return bar;
}

/* What the pointer does in a chart, besides the drag that zooms (setSelect):
 * dragged with Shift it pans, and so does a wheel that turns sideways or with
 * Shift; with Ctrl a wheel zooms; two clicks show all. */
function listen(plot) {
  const over = plot.over;
  let grabbed = null;
  over.addEventListener("mousedown", event => {
    if (!event.shiftKey)
      return;
    grabbed = { x: event.clientX, from: view.from, to: view.to };
    event.stopImmediatePropagation();
    event.preventDefault();
  }, true);
  document.addEventListener("mousemove", event => {
    if (grabbed === null)
      return;
    const by = (grabbed.x - event.clientX) / over.clientWidth *
      (grabbed.to - grabbed.from);
    setView(grabbed.from + by, grabbed.to + by);
  });
  document.addEventListener("mouseup", () => { grabbed = null; });
  over.addEventListener("wheel", event => {
    const turn = event.deltaX || event.deltaY;
    if (event.ctrlKey)
      zoom(event.deltaY > 0 ? 1.25 : 0.8, event.offsetX / over.clientWidth);
    else if (event.shiftKey || event.deltaX)
      pan(Math.sign(turn) * 0.1);
    else
      return;
    event.preventDefault();
  }, { passive: false });
  over.addEventListener("dblclick", () => setView(0, span));
}
