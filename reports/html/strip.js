// SPDX-License-Identifier: GPL-2.0-only
// The strip of a case: what each sharer was served over time, and the longest gap in each window against its bound.
"use strict";

const WINDOWS = ["before", "during", "after"];
const MANY = 8; // sharers, from which on a row is lower and only the longest gap is named

const svg = (width, height, label) => d3.create("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img")
  .attr("aria-label", label).attr("width", width).attr("height", height);

function time(us) {
  if (us >= 1e6) return `${+(us / 1e6).toPrecision(3)} s`;
  return us >= 1000 ? `${+(us / 1000).toPrecision(3)} ms` : `${us} us`;
}

// The longest run of cells in which nothing was served: [first, length], or null.
function hole(cells) {
  let best = null, first = 0;
  cells.forEach((cell, i) => {
    if (cell) first = i + 1;
    else if (!best || i + 1 - first > best[1]) best = [first, i + 1 - first];
  });
  return best && best[1] > 1 ? best : null;
}

// The longest gap of all: {sharer, window, gap, bound}, or null.
function longestGap(sharers) {
  let best = null;
  for (const sharer of sharers)
    for (const [window, cell] of Object.entries(sharer.windows))
      if (cell.gap_us !== undefined && (!best || cell.gap_us > best.gap))
        best = { sharer, window, gap: cell.gap_us, bound: cell.bound_us };
  return best;
}

function sayGap(best) {
  const bound = best.bound === undefined ? "held to no bound" : `bound ${time(best.bound)}`;
  return `Longest gap: ${time(best.gap)}, ${best.sharer.who} ${best.window}; ${bound}.`;
}

// How wide each window is drawn: as long as it was, but that a short one stays visible. What is left over is shared out anew.
function widthsOf(lengths, space, least) {
  const widths = lengths.map(() => space / lengths.length);
  if (!lengths.every(length => length > 0)) return widths;
  let free = lengths.map((length, i) => i), left = space;
  while (free.length) {
    const sum = d3.sum(free, i => lengths[i]);
    const short = free.filter(i => left * lengths[i] / sum < least);
    for (const i of short.length ? short : free) widths[i] = short.length ? least : left * lengths[i] / sum;
    if (!short.length || short.length === free.length) break;
    free = free.filter(i => !short.includes(i));
    left -= least * short.length;
  }
  return widths;
}

// The windows as they are drawn: {name, length, x, width, slotOf}. Without lengths each is as long as it has cells.
function layOut(sharers, { left, space, gutter, least }) {
  const names = WINDOWS.filter(name => sharers.some(sharer => sharer.windows[name]));
  const cellsOf = name => sharers.map(sharer => sharer.windows[name]).filter(Boolean);
  const lengths = names.map(name => d3.max(cellsOf(name), cell => cell.us || 0));
  const timed = names.length > 0 && lengths.every(length => length > 0);
  const widths = widthsOf(lengths, space - gutter * (names.length - 1), least);
  const scale = timed ? widths.map((width, i) => width / lengths[i]) : [];
  let x = left;
  const windows = names.map((name, i) => {
    const length = timed ? lengths[i] : d3.max(cellsOf(name), cell => (cell.cells || []).length) || 1;
    const window = { name, length, x, width: widths[i] };
    x += widths[i] + gutter;
    return window;
  });
  return { windows, timed, toScale: timed && d3.max(scale) < 1.01 * d3.min(scale) };
}

// The bars of a timeline: {from, to, rate}. The last part also has what came until the window's end.
function barsOf(cell, timed) {
  const cells = cell.cells || [];
  const end = timed ? cell.us || 0 : cells.length;
  const slot = timed ? cell.slot_us || end / (cells.length || 1) || 1 : 1;
  return cells.map((served, i) => {
    const from = i * slot, to = Math.min(i + 1 < cells.length ? from + slot : Math.max(end, from + slot), end);
    return { from, to, rate: served / Math.max(to - from, slot) };
  }).filter(bar => bar.to > bar.from);
}

function drawCell(g, cell, window, { bars, max, role, named, longest, narrow, last, timed }) {
  const { width } = window;
  const x = d3.scaleLinear().domain([0, window.length]).range([0, width]).clamp(true);
  const y = d3.scaleSqrt().domain([0, max]).range([0, bars]);
  const shown = barsOf(cell, timed);
  // A sharer that waited for its last interrupt was measured longer than the others.
  g.append("rect").attr("class", "ground").attr("width", timed && cell.us ? x(cell.us) : width).attr("height", bars);
  const empty = hole(shown.map(bar => bar.rate));
  if (empty) {
    const from = x(shown[empty[0]].from), to = x(shown[empty[0] + empty[1] - 1].to);
    g.append("rect").attr("class", cell.gap_us > cell.bound_us ? "hole over" : "hole").attr("x", from).attr("height", bars)
      .attr("width", to - from);
  }
  g.selectAll(".served").data(shown).enter().append("rect").attr("class", `served ${role}`)
    .attr("x", bar => x(bar.from)).attr("width", bar => 0.85 * (x(bar.to) - x(bar.from)))
    .attr("y", bar => bars - y(bar.rate)).attr("height", bar => y(bar.rate));
  if (cell.gap_us !== undefined) drawGap(g, cell, { width, top: bars + 3, named, longest, narrow, last });
}

function sayBound(gap, bound, { longest, narrow }) {
  if (bound === undefined || (narrow && !longest && gap <= bound)) return "";
  if (gap <= bound) return ` ${narrow ? "/" : "of"} ${time(bound)}`;
  return narrow ? ` > ${time(bound)}` : ` of ${time(bound)}, over`;
}

// The gap as a bar, its bound as a tick.
function drawGap(g, cell, { width, top, named, longest, narrow, last }) {
  const { gap_us: gap, bound_us: bound } = cell;
  const x = d3.scaleLinear().domain([0, 1.04 * Math.max(gap, bound || 0, 1)]).range([0, width]);
  const over = bound !== undefined && gap > bound;
  g.append("rect").attr("class", "track").attr("y", top).attr("width", width).attr("height", 4);
  g.append("rect").attr("class", over ? "gapbar over" : "gapbar").attr("y", top).attr("width", x(gap)).attr("height", 4);
  if (bound !== undefined)
    g.append("line").attr("class", "boundtick").attr("x1", x(bound)).attr("x2", x(bound)).attr("y1", top - 2)
      .attr("y2", top + 6);
  const atEnd = narrow && longest && last; // the text is longer than the window
  if (named)
    g.append("text").attr("class", `gaptext ${over ? "over" : ""} ${longest ? "longest" : ""}`).attr("y", top + 15)
      .attr("x", atEnd ? width : 0).attr("text-anchor", atEnd ? "end" : "start")
      .text(`${longest && !narrow ? "longest: " : ""}${time(gap)}${sayBound(gap, bound, { longest, narrow })}`);
}

// When the fault struck, as a place in the strip: {x, text}, or null.
function faultOf({ sharers, fault }, { windows, gutter }) {
  const during = windows.find(window => window.name === "during");
  if (!during) return null;
  const struck = sharers.map(sharer => sharer.windows.during?.fault_us).find(us => us !== undefined);
  if (struck === undefined) return fault ? { x: during.x - gutter / 2, text: "fault" } : null;
  const x = d3.scaleLinear().domain([0, during.length]).range([during.x, during.x + during.width]).clamp(true);
  return { x: x(struck), text: struck ? `fault, ${time(struck)} in` : "fault" };
}

// What stands above the windows: their names and lengths, and the fault.
function drawHeads(root, { windows, timed, fault, width, height }) {
  for (const window of windows) {
    const text = root.append("text").attr("class", "head").attr("x", window.x).attr("y", 11).text(window.name);
    if (timed) text.append("tspan").attr("class", "length").text(` ${time(window.length)}`);
  }
  if (!fault) return;
  const atEnd = fault.x > width - 90;
  root.append("line").attr("class", "fault").attr("x1", fault.x).attr("x2", fault.x).attr("y1", 26).attr("y2", height);
  root.append("text").attr("class", "faulttext").attr("x", fault.x + (atEnd ? -6 : 6)).attr("y", 25)
    .attr("text-anchor", atEnd ? "end" : "start").text(fault.text);
  root.append("path").attr("class", "faultmark").attr("d", `M${fault.x - 4},18h8l-4,7z`);
}

function strip(detail, room) {
  const { sharers } = detail;
  const narrow = room < 520, many = sharers.length > MANY;
  const bars = many ? 12 : 22, above = narrow ? 15 : 0;
  const row = above + bars + (many ? 12 : 28), top = 34;
  const left = narrow ? 0 : 130, gutter = narrow ? 10 : 22, width = Math.min(room, 940);
  const { windows, timed, toScale } = layOut(sharers, { left, space: width - left, gutter, least: narrow ? 96 : 120 });
  if (!windows.length) return null;
  const best = longestGap(sharers);
  const below = i => many && best && i > sharers.indexOf(best.sharer) ? 14 : 0; // there stands how long its gap was
  const height = top + sharers.length * row + (many ? 14 : 0);
  const root = svg(width, height, `Interrupts served over time. ${best ? sayGap(best) : ""}`).attr("class", "strip");
  const max = Math.max(0, ...sharers.flatMap(s => Object.values(s.windows).flatMap(c => barsOf(c, timed).map(bar => bar.rate)))) || 1;
  drawHeads(root, { windows, timed, fault: faultOf(detail, { windows, gutter }), width, height: height - 4 });
  sharers.forEach((sharer, i) => {
    const g = root.append("g").attr("transform", `translate(0,${top + i * row + below(i)})`);
    g.append("text").attr("class", sharer.offender ? "who offender" : "who").attr("y", narrow ? 10 : 12)
      .text(`${sharer.who} ${sharer.model}${sharer.offender && (narrow || many) ? ", offender" : ""}`);
    if (sharer.offender && !narrow && !many) g.append("text").attr("class", "who offender").attr("y", 26).text("offender");
    for (const window of windows) {
      const cell = sharer.windows[window.name];
      const at = g.append("g").attr("transform", `translate(${window.x},${above})`);
      const longest = best && best.sharer === sharer && best.window === window.name;
      const role = sharer.offender ? "offender" : "sharer";
      if (cell) drawCell(at, cell, window, { bars, max, role, longest, named: longest || !many, narrow, timed, last: window === windows.at(-1) });
      else if (sharer.offender && !many) at.append("text").attr("class", "absent").attr("x", 4).attr("y", 14).text("not watched");
    }
  });
  const scale = !timed ? "How long the windows were is not told: all are drawn alike."
    : toScale ? "Windows are as wide as they were long." : "Windows are as wide as they were long, but short ones are widened.";
  const still = detail.still.filter(([name, us]) => us > 0.02 * (windows.find(window => window.name === name)?.length || 0))
    .map(([name, us]) => `${time(us)} ${name}`);
  const stood = still.length ? ` Of this the board itself stood still ${still.join(", ")}; gaps are told without that.` : "";
  return { node: root.node(), said: best && sayGap(best), scale: scale + stood };
}

// The longest gap of the same case in earlier runs.
function sparkline(values) {
  const width = 160, height = 28;
  const x = d3.scaleLinear().domain([0, Math.max(values.length - 1, 1)]).range([3, width - 3]);
  const y = d3.scaleLinear().domain([0, Math.max(...values, 1)]).range([height - 3, 3]);
  const root = svg(width, height, `Longest gap in ${values.length} runs, oldest first: ${values.map(time).join(", ")}`);
  root.append("path").attr("class", "trend").attr("d", "M" + values.map((value, i) => `${x(i)},${y(value)}`).join("L"));
  root.append("circle").attr("class", "median").attr("r", 2.5).attr("cx", x(values.length - 1)).attr("cy", y(values[values.length - 1]));
  return root.node();
}
