/* report_probe.js: put behind the script of a report, it uses the page as
 * somebody would, and tells what then is there: `name=value` lines in
 * <pre id="probe">. */
"use strict";

const said = [];
const tell = (name, value) => said.push(name + "=" + value);
const find = words => document.querySelector(words);
const chart = id => view.charts.find(one => one.box.parentNode.id === id).plot;
function mouse(target, type, x, y, more) {
  const { left, top } = target.getBoundingClientRect();
  target.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true,
    clientX: left + x, clientY: top + y, movementX: 1, ...more }));
}
function drag(id, from, to, more) {
  const over = chart(id).over;
  const at = part => part * over.clientWidth;
  mouse(over, "mousemove", at(from), 50);
  mouse(over, "mousedown", at(from), 50, more);
  mouse(over, "mousemove", at(to), 50, more);
  mouse(document.body, "mousemove", at(to) +
    over.getBoundingClientRect().left -
    document.body.getBoundingClientRect().left, 50, more);
  mouse(over, "mouseup", at(to), 50, more);
}
const viewed = () => `${Math.ceil(view.from)} ${Math.floor(view.to)} ` +
  find("#view").textContent.split("in it: ")[1];
const rows = words => [...document.querySelectorAll(words + " tbody tr")];
/* Charts draw what is new when the script that asks for it is over. */
async function settle() {
  for (let i = 0; i < 20; i++)
    await null;
}
const tellAll = () => document.body.append(element("pre", { id: "probe",
  textContent: "\n" + said.join("\n") + "\n" }));
