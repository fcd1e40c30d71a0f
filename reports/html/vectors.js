// SPDX-License-Identifier: GPL-2.0-only
// The vector map: 16 x 16 vectors of each CPU at two marks, coloured by owner, those that differ framed.
"use strict";

const FIRST_ROW = 2; // vectors below 0x20 are the CPU's exceptions
const DOM_COLOURS = 4;
const MANY_CHANGES = 16; // that are told one by one

// "pin 20 dom 1-2" -> the class of its colour and what the legend says of it.
function owner(text) {
  if (text === undefined) return { kind: "none", told: "unused" };
  const dom = / dom ([0-9]+)/.exec(text);
  if (dom && dom[1] === "0" && text.endsWith(" dom 0")) return { kind: "dom0", told: "dom 0" };
  if (dom) return { kind: `dom${1 + dom[1] % DOM_COLOURS}`, told: text.slice(dom.index + 1) };
  if (text.endsWith(" xen")) return { kind: "xen", told: "Xen" };
  return { kind: "nobody", told: "routed, nobody's" };
}

const hex = vector => vector.toString(16).padStart(2, "0");

function vectorGrid(now, other, label) {
  const cell = 15, left = 24, top = 14;
  const root = svg(left + 16 * cell + 2, top + (16 - FIRST_ROW) * cell + 2, label).attr("class", "vectors");
  root.selectAll(".column").data(d3.range(16)).enter().append("text").attr("class", "tick").attr("y", 10)
    .attr("text-anchor", "middle").attr("x", d => left + (d + 0.5) * cell).text(d => d.toString(16));
  root.selectAll(".line").data(d3.range(FIRST_ROW, 16)).enter().append("text").attr("class", "tick").attr("x", left - 4)
    .attr("text-anchor", "end").attr("y", d => top + (d - FIRST_ROW) * cell + 11).text(d => hex(d * 16));
  const all = d3.range(FIRST_ROW * 16, 256);
  const place = g => g.attr("x", d => left + d % 16 * cell + 1).attr("y", d => top + (Math.floor(d / 16) - FIRST_ROW) * cell + 1)
    .attr("width", cell - 2).attr("height", cell - 2);
  place(root.selectAll(".vector").data(all).enter().append("rect"))
    .attr("class", d => `vector ${owner(now[hex(d)]).kind}`)
    .append("title").text(d => `${hex(d)}: ${now[hex(d)] || "unused"}`);
  place(root.selectAll(".frame").data(all.filter(d => now[hex(d)] !== other[hex(d)])).enter().append("rect"))
    .attr("class", "frame");
  return root.node();
}

function legend(maps) {
  const kinds = new Map();
  for (const map of maps)
    for (const text of Object.values(map)) kinds.set(owner(text).told, owner(text).kind);
  const list = element("ul", "legend");
  for (const [told, kind] of kinds) {
    const swatch = svg(11, 11, "");
    swatch.attr("aria-hidden", "true").append("rect").attr("class", `vector ${kind}`).attr("width", 11).attr("height", 11);
    const item = element("li", "", told);
    item.prepend(swatch.node());
    list.append(item);
  }
  return list;
}

function differences(cpu, first, second) {
  return [...new Set([...Object.keys(first), ...Object.keys(second)])].sort().filter(vector => first[vector] !== second[vector])
    .map(vector => `CPU ${cpu} vector ${vector}: ${first[vector] || "unused"} \u2192 ${second[vector] || "unused"}`);
}

function drawVectors(place, before, after) {
  const cpus = [...new Set([...Object.keys(before.cpus), ...Object.keys(after.cpus)])].sort((a, b) => a - b);
  const changes = [], maps = [];
  for (const cpu of cpus) {
    const first = before.cpus[cpu] || {}, second = after.cpus[cpu] || {};
    const pair = element("div", "pair");
    for (const [now, other, mark] of [[first, second, before], [second, first, after]]) {
      const figure = element("figure");
      figure.append(vectorGrid(now, other, `Vectors of CPU ${cpu} at ${mark.label}`),
        element("figcaption", "", `CPU ${cpu}, ${mark.label}`));
      pair.append(figure);
    }
    place.append(pair);
    changes.push(...differences(cpu, first, second));
    maps.push(first, second);
  }
  place.append(legend(maps));
  const list = element("ul", "changes");
  for (const text of changes.slice(0, MANY_CHANGES)) list.append(element("li", "", text));
  if (changes.length > MANY_CHANGES) list.append(element("li", "", `and ${changes.length - MANY_CHANGES} more`));
  place.append(changes.length ? list : element("p", "note", "No vector differs between these marks."));
}

// Two marks are shown; which, the reader may choose. At first those that differ most.
function vectorMap(marks) {
  const box = element("div", "vectormap"), place = element("div");
  const moved = (a, b) => Object.keys({ ...a.cpus, ...b.cpus })
    .reduce((sum, cpu) => sum + differences(cpu, a.cpus[cpu] || {}, b.cpus[cpu] || {}).length, 0);
  let second = marks.length - 1;
  for (let i = 1; i < marks.length; i++) if (moved(marks[0], marks[i]) > moved(marks[0], marks[second])) second = i;
  const choose = (word, chosen) => {
    const select = element("select");
    marks.forEach((mark, i) => select.append(new Option(mark.label, i, false, i === chosen)));
    const label = element("label", "", `${word} `);
    label.append(select);
    select.addEventListener("change", draw);
    return [label, select];
  };
  const draw = () => {
    place.replaceChildren();
    drawVectors(place, marks[from.value], marks[to.value]);
  };
  const [fromLabel, from] = choose("from", 0), [toLabel, to] = choose("to", second);
  const controls = element("p", "marks");
  controls.append(fromLabel, " ", toLabel);
  box.append(controls, place);
  draw();
  return box;
}
