// SPDX-License-Identifier: GPL-2.0-only
// Search and filters over the list of cases. Arrow keys go from one visible line to the next.
"use strict";

const form = document.querySelector(".filters");
const groups = [...document.querySelectorAll(".group")]
  .map(group => ({ group, cases: [...group.querySelectorAll(":scope > .case")] }));
const total = groups.reduce((sum, { cases }) => sum + cases.length, 0);
const MANY_FOUND = 60; // cases, from which on their groups stay folded

function wanted() {
  const value = id => document.getElementById(id)?.value;
  const words = value("search").toLowerCase().split(/\s+/).filter(Boolean);
  const lists = ["word", "invariants", "models", "boot", "hypervisor", "compared"].filter(value).map(id => [id, value(id)]);
  return details => words.every(word => details.dataset.text.includes(word)) &&
    lists.every(([id, chosen]) => details.dataset[id].split(" ").includes(chosen));
}

function apply() {
  const matches = wanted();
  let shown = 0;
  for (const { group, cases } of groups) {
    let here = 0;
    for (const details of cases) here += !(details.hidden = !matches(details));
    group.hidden = !here;
    shown += here;
  }
  const few = shown < total && shown <= MANY_FOUND;
  for (const { group } of groups) group.open = few && !group.hidden;
  document.getElementById("shown").textContent = `${shown} of ${total}`;
  document.getElementById("none").hidden = shown > 0;
}

form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("change", apply);
form.addEventListener("submit", event => event.preventDefault());
form.addEventListener("reset", () => setTimeout(apply));
apply();
openFromAddress();

addEventListener("keydown", event => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "/" && !/INPUT|SELECT/.test(document.activeElement.tagName)) {
    event.preventDefault();
    document.getElementById("search").focus();
  } else if (step && document.activeElement.matches("#cases summary")) {
    const lines = [...document.querySelectorAll("#cases summary")].filter(line => line.checkVisibility());
    lines[lines.indexOf(document.activeElement) + step]?.focus();
    event.preventDefault();
  }
});
