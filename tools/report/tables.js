/* tables.js: tables that sort, and the findings. */
"use strict";

/* A cell's number, where it begins with one, else its text. */
function sortKey(cell) {
  const text = cell.textContent.replaceAll(",", "").trim();
  const number = text.startsWith("0x") ? parseInt(text, 16) : parseFloat(text);
  return Number.isNaN(number) ? text : number;
}

function compareKeys(a, b) {
  if (typeof a === "number" && typeof b === "number")
    return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/* The rows by a column, downwards if they were upwards. */
function sortBy(table, column) {
  const heads = table.tHead.rows[0].cells;
  const down = heads[column].getAttribute("aria-sort") === "ascending";
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => (down ? -1 : 1) *
    compareKeys(sortKey(a.cells[column]), sortKey(b.cells[column])));
  for (const head of heads)
    head.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...rows);
}

/* Turns the heads of a table's columns into buttons. */
function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) =>
    head.replaceChildren(element("button", { type: "button",
      textContent: head.textContent, title: "sort by this",
      onclick: () => sortBy(table, column) })));
}

/* A table of texts and elements. */
function makeTable(heads, rows) {
  const table = element("table", { className: "sortable" },
    element("thead", {}, element("tr", {}, ...heads.map(head =>
      element("th", { textContent: head, scope: "col" })))),
    element("tbody", {}, ...rows.map(cells => element("tr", {},
      ...cells.map(cell => element("td", {}, cell))))));
  makeSortable(table);
  return table;
}

/* --- findings ------------------------------------------------------------ */

/* Shows when a finding was, and the page's life. */
function showFinding(index, finding) {
  const first = Math.min(...finding.times);
  const last = Math.max(...finding.times);
  const about = Math.max((last - first) * 0.2, span / 100);
  setView(first - about, last + about);
  if (finding.linear !== null)
    showPage(index, Math.floor(finding.linear / 4096));
}

function findingsOf(log, index) {
  const { counts, list } = log.findings;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const box = element("details", { className: "findings", open: list.length < 9,
    id: "findings-" + index }, element("summary", { textContent:
      `Findings: ${whole(all)}` + (all > list.length
        ? `, of which ${whole(list.length)} are here` : "") }));
  if (all === 0)
    return box;
  box.append(element("p", { textContent: Object.entries(counts)
    .filter(([, count]) => count).map(([verdict, count]) =>
      `${verdict}: ${whole(count)}`).join("; ") }),
    element("div", { className: "wide" }, makeTable(
      ["verdict", "pid", "page", "pages", "event", "what"],
      list.map(finding => [finding.verdict, String(finding.pid ?? ""),
        finding.linear === null ? "" : pageButton(index, finding.linear),
        whole(finding.pages), element("button", { type: "button",
          textContent: finding.proofs[0] ?? "show", title: "show when it was",
          onclick: () => showFinding(index, finding) }), finding.sentence]))));
  return box;
}
