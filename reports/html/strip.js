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

function drawCell(g, cell, { width, bars, max, role, named, longest, narrow }) {
  const cells = cell.cells || [];
  const x = d3.scaleBand().domain(d3.range(cells.length)).range([0, width]).paddingInner(0.15);
  const y = d3.scaleSqrt().domain([0, max]).range([0, bars]);
  g.append("rect").attr("class", "ground").attr("width", width).attr("height", bars);
  const empty = hole(cells);
  if (empty)
    g.append("rect").attr("class", cell.gap_us > cell.bound_us ? "hole over" : "hole").attr("x", x(empty[0])).attr("height", bars)
      .attr("width", x(empty[0] + empty[1] - 1) + x.bandwidth() - x(empty[0]));
  g.selectAll(".served").data(cells).enter().append("rect").attr("class", `served ${role}`)
    .attr("x", (d, i) => x(i)).attr("width", x.bandwidth()).attr("y", d => bars - y(d)).attr("height", d => y(d));
  if (cell.gap_us !== undefined) drawGap(g, cell, { width, top: bars + 3, named, longest, narrow });
}

function sayBound(gap, bound, narrow) {
  if (bound === undefined) return "";
  if (gap <= bound) return ` of ${time(bound)}`;
  return narrow ? ` > ${time(bound)}` : ` of ${time(bound)}, over`;
}

// The gap as a bar, its bound as a tick.
function drawGap(g, cell, { width, top, named, longest, narrow }) {
  const { gap_us: gap, bound_us: bound } = cell;
  const x = d3.scaleLinear().domain([0, 1.04 * Math.max(gap, bound || 0, 1)]).range([0, width]);
  const over = bound !== undefined && gap > bound;
  g.append("rect").attr("class", "track").attr("y", top).attr("width", width).attr("height", 4);
  g.append("rect").attr("class", over ? "gapbar over" : "gapbar").attr("y", top).attr("width", x(gap)).attr("height", 4);
  if (bound !== undefined)
    g.append("line").attr("class", "boundtick").attr("x1", x(bound)).attr("x2", x(bound)).attr("y1", top - 2)
      .attr("y2", top + 6);
  if (named)
    g.append("text").attr("class", `gaptext ${over ? "over" : ""} ${longest ? "longest" : ""}`).attr("y", top + 15)
      .text(`${longest && !narrow ? "longest: " : ""}${time(gap)}${sayBound(gap, bound, narrow)}`);
}

// What stands above the windows: their names, and the fault between the first two.
function drawHeads(root, windows, { left, width, step, height, fault }) {
  windows.forEach((name, i) => root.append("text").attr("class", "head").attr("x", left + i * step).attr("y", 11).text(name));
  const during = windows.indexOf("during");
  if (!fault || during < 0) return;
  const x = left + during * step - (step - width) / 2;
  root.append("line").attr("class", "fault").attr("x1", x).attr("x2", x).attr("y1", 16).attr("y2", height);
  root.append("text").attr("class", "faulttext").attr("x", x).attr("y", 11).attr("text-anchor", "end").text("fault");
  root.append("path").attr("class", "faultmark").attr("d", `M${x - 4},14h8l-4,6z`);
}

function strip(detail, room) {
  const { sharers } = detail;
  const windows = WINDOWS.filter(name => sharers.some(sharer => sharer.windows[name]));
  if (!windows.length) return null;
  const narrow = room < 520, many = sharers.length > MANY;
  const bars = many ? 12 : 22, above = narrow ? 15 : 0;
  const row = above + bars + (many ? 12 : 28), top = 24;
  const left = narrow ? 0 : 130, gutter = narrow ? 10 : 22;
  const step = (Math.min(room, 940) - left + gutter) / windows.length, width = step - gutter;
  const best = longestGap(sharers);
  const height = top + sharers.length * row + (many ? 14 : 0);
  const root = svg(Math.min(room, 940), height, `Interrupts served over time. ${best ? sayGap(best) : ""}`).attr("class", "strip");
  const max = Math.max(1, ...sharers.flatMap(s => Object.values(s.windows).flatMap(c => c.cells || [])));
  drawHeads(root, windows, { left, width, step, height: height - 4, fault: detail.fault });
  sharers.forEach((sharer, i) => {
    const g = root.append("g").attr("transform", `translate(0,${top + i * row})`);
    g.append("text").attr("class", sharer.offender ? "who offender" : "who").attr("y", narrow ? 10 : 12)
      .text(`${sharer.who} ${sharer.model}${sharer.offender && (narrow || many) ? ", offender" : ""}`);
    if (sharer.offender && !narrow && !many) g.append("text").attr("class", "who offender").attr("y", 26).text("offender");
    windows.forEach((name, j) => {
      const cell = sharer.windows[name];
      const at = g.append("g").attr("transform", `translate(${left + j * step},${above})`);
      const longest = best && best.sharer === sharer && best.window === name;
      const role = sharer.offender ? "offender" : "sharer";
      if (cell) drawCell(at, cell, { width, bars, max, role, longest, named: longest || !many, narrow });
      else if (sharer.offender && !many) at.append("text").attr("class", "absent").attr("y", 14).text("not watched");
    });
  });
  return { node: root.node(), said: best && sayGap(best) };
}

// Median to p99 of each sharer and window, on a logarithmic scale; the median's bound is a tick.
function latencies(detail, room) {
  const rows = detail.sharers.flatMap(sharer => WINDOWS.filter(name => sharer.windows[name]?.p50_us !== undefined)
    .map(name => ({ sharer, name, ...sharer.windows[name] })));
  if (!rows.length || rows.length > 3 * MANY) return null;
  const left = 170, lane = 15, width = Math.min(room, 940), right = 14;
  const height = rows.length * lane + 26;
  const all = rows.flatMap(row => [row.p50_us, row.p99_us, row.p50_bound_us]).filter(value => value > 0);
  if (!all.length) return null;
  const x = d3.scaleLog().domain([Math.min(...all) / 1.3, Math.max(...all) * 1.3]).range([left, width - right]).clamp(true);
  const root = svg(width, height, "Latency of each sharer and window, median to 99th percentile").attr("class", "latency");
  const axis = root.append("g").attr("class", "axis").attr("transform", `translate(0,${height - 20})`)
    .call(d3.axisBottom(x).ticks(width < 520 ? 3 : 6, time).tickSizeInner(-(height - 26)).tickSizeOuter(0));
  axis.select(".domain").remove();
  const g = root.selectAll(".lane").data(rows).enter().append("g").attr("transform", (d, i) => `translate(0,${i * lane + 2})`);
  g.append("text").attr("class", d => d.sharer.offender ? "who offender" : "who").attr("y", 11)
    .text(d => `${d.sharer.who} ${d.name}`);
  g.append("line").attr("class", "range").attr("x1", d => x(Math.max(d.p50_us, 1))).attr("x2", d => x(Math.max(d.p99_us, 1)))
    .attr("y1", 7).attr("y2", 7);
  g.append("circle").attr("class", d => d.p50_us > d.p50_bound_us ? "median over" : "median").attr("r", 4)
    .attr("cx", d => x(Math.max(d.p50_us, 1))).attr("cy", 7);
  g.append("line").attr("class", "p99").attr("x1", d => x(Math.max(d.p99_us, 1))).attr("x2", d => x(Math.max(d.p99_us, 1)))
    .attr("y1", 3).attr("y2", 11);
  g.filter(d => d.p50_bound_us !== undefined).append("line").attr("class", "boundtick").attr("x1", d => x(d.p50_bound_us))
    .attr("x2", d => x(d.p50_bound_us)).attr("y1", 1).attr("y2", 13);
  return root.node();
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
