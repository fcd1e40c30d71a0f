// SPDX-License-Identifier: GPL-2.0-only
// How the latencies of each sharer are distributed before, during and after the fault.
"use strict";

const PLOT = 48, LANE = 12, AXIS = 20, TITLE = 18;

// The upper edge of a part: there are 4 an octave, and none is narrower than 1 us.
const upperEdge = edge => edge + (edge < 4 ? 1 : 2 ** (Math.floor(Math.log2(edge)) - 2));

// What `share` of the samples lie below, as the guest says it: never too low.
function quantile(parts, share) {
  let left = share * d3.sum(parts, ([, samples]) => samples);
  for (const [edge, samples] of parts) if ((left -= samples) <= 0) return upperEdge(edge);
  return undefined;
}

// All sharers as one: too many to be looked at.
function pooled(sharers) {
  const windows = {};
  for (const name of WINDOWS) {
    const sums = new Map();
    for (const sharer of sharers)
      for (const [edge, samples] of sharer.windows[name]?.latency || []) sums.set(edge, (sums.get(edge) || 0) + samples);
    const latency = [...sums].sort(([a], [b]) => a - b);
    if (latency.length) windows[name] = { latency, p50_us: quantile(latency, 0.5), p99_us: quantile(latency, 0.99) };
  }
  return { who: `all ${sharers.length} sharers`, model: "", offender: false, windows };
}

const windowsOf = sharer => WINDOWS.filter(name => sharer.windows[name]?.latency || sharer.windows[name]?.p50_us !== undefined)
  .map(name => ({ name, parts: [], ...sharer.windows[name] }))
  .map(window => ({ ...window, parts: sharesOf(window.latency || []) }));

// The parts as shares of all: [lower edge, upper edge, share].
function sharesOf(parts) {
  const all = d3.sum(parts, ([, samples]) => samples);
  return all ? parts.map(([edge, samples]) => [edge || 0.5, upperEdge(edge), samples / all]) : [];
}

// A line that goes up and down at the edges of the parts, and on the ground between them.
function steps(parts, x, y) {
  let path = "", end = null;
  for (const [from, to, share] of parts) {
    if (from !== end) path += `${end === null ? "" : `V${y(0)}`}M${x(from)},${y(0)}`;
    path += `V${y(share)}H${x(to)}`;
    end = to;
  }
  return end === null ? "" : `${path}V${y(0)}`;
}

// Where the scale is labelled: at its powers of ten, and between them if there is room.
function ticksOf([from, to], [left, right]) {
  const between = (right - left) / Math.log10(to / from) > 110 ? [1, 3] : [1];
  return d3.range(-1, 16).flatMap(power => between.map(digit => digit * 10 ** power)).filter(us => us >= from && us <= to);
}

function drawLane(g, window, x) {
  const at = us => x(Math.max(us, 1)), over = window.p50_us > window.p50_bound_us;
  g.append("text").attr("class", `lane ${window.name}`).attr("y", 9).text(window.name);
  if (!window.p50_us && !window.parts.length)
    return void g.append("text").attr("class", "absent").attr("x", x.range()[0] + 4).attr("y", 9).text("none served");
  if (window.p50_us === undefined) return;
  if (window.p99_us !== undefined) {
    g.append("line").attr("class", `range ${window.name}`).attr("x1", at(window.p50_us)).attr("x2", at(window.p99_us)).attr("y1", 6).attr("y2", 6);
    g.append("line").attr("class", `p99 ${window.name}`).attr("x1", at(window.p99_us)).attr("x2", at(window.p99_us)).attr("y1", 2).attr("y2", 10);
  }
  g.append("circle").attr("class", over ? "median over" : `median ${window.name}`).attr("r", 3.5).attr("cx", at(window.p50_us)).attr("cy", 6);
  if (window.p50_bound_us !== undefined)
    g.append("line").attr("class", "boundtick").attr("x1", at(window.p50_bound_us)).attr("x2", at(window.p50_bound_us)).attr("y1", 0).attr("y2", 12);
}

function drawSharer(g, { sharer, windows }, { x, y, plot }) {
  g.append("text").attr("class", sharer.offender ? "who offender" : "who").attr("y", 11)
    .text(`${sharer.who} ${sharer.model}${sharer.offender ? ", offender" : ""}`);
  const axis = g.append("g").attr("class", "axis").attr("transform", `translate(0,${TITLE + plot + 3 * LANE + 2})`)
    .call(d3.axisBottom(x).tickValues(ticksOf(x.domain(), x.range())).tickFormat(time).tickSizeInner(-(plot + 3 * LANE + 2)).tickSizeOuter(0));
  axis.select(".domain").remove();
  const area = g.append("g").attr("transform", `translate(0,${TITLE})`);
  if (plot) area.append("line").attr("class", "base").attr("x1", x.range()[0]).attr("x2", x.range()[1]).attr("y1", plot).attr("y2", plot);
  for (const window of windows.filter(({ parts }) => parts.length))
    area.append("path").attr("class", `steps ${window.name}`).attr("d", steps(window.parts, x, y));
  windows.forEach((window, i) => drawLane(area.append("g").attr("transform", `translate(0,${plot + 2 + i * LANE})`), window, x));
}

const sayLatency = ({ sharer, windows }) => windows.filter(window => window.p50_us !== undefined && window.p99_us !== undefined)
  .map(({ name, p50_us, p99_us }) => `${sharer.who} ${name} ${time(p50_us)} and ${time(p99_us)}`).join(", ");

function latencies(detail, room) {
  const known = detail.sharers.some(sharer => Object.values(sharer.windows).some(cell => cell.latency));
  if (detail.sharers.length > MANY && !known) return null;
  const panels = (detail.sharers.length > MANY ? [pooled(detail.sharers)] : detail.sharers)
    .map(sharer => ({ sharer, windows: windowsOf(sharer) })).filter(({ windows }) => windows.length);
  const each = panels.flatMap(panel => panel.windows);
  const values = each.flatMap(({ parts, p50_us, p99_us, p50_bound_us }) =>
    [...parts.flatMap(([from, to]) => [from, to]), p50_us, p99_us, p50_bound_us]).filter(value => value > 0);
  if (!values.length) return null;
  const columns = Math.min(panels.length, room < 520 ? 1 : room < 840 ? 2 : 3);
  const all = Math.min(room, columns === 1 ? 620 : 940), gutter = 26, width = (all - gutter * (columns - 1)) / columns;
  const plot = known ? PLOT : 0, height = TITLE + plot + 3 * LANE + AXIS + 8;
  const x = d3.scaleLog().domain([d3.min(values) / 1.2, d3.max(values) * 1.2]).range([48, width - 12]).clamp(true);
  const y = d3.scaleSqrt().domain([0, d3.max(each, window => d3.max(window.parts, ([, , share]) => share)) || 1]).range([plot, 3]);
  const root = svg(all, height * Math.ceil(panels.length / columns),
    `Latencies, median and 99th percentile: ${panels.map(sayLatency).join("; ")}`).attr("class", "latency");
  panels.forEach((panel, i) => {
    const g = root.append("g").attr("transform", `translate(${i % columns * (width + gutter)},${Math.floor(i / columns) * height})`);
    drawSharer(g, panel, { x, y, plot });
  });
  return { node: root.node(), known };
}
