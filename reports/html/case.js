// SPDX-License-Identifier: GPL-2.0-only
// What a case folds open to. Texts of a board are only ever set as text, never as HTML.
"use strict";

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

const PACK = +document.querySelector("main").dataset.pack;
const packs = [...document.querySelectorAll("script.pack")];
const unpacked = new Map();

async function unpack(number) {
  const bytes = Uint8Array.from(atob(packs[number].textContent.trim()), char => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

async function detailOf(number) {
  const pack = Math.floor(number / PACK);
  if (!unpacked.has(pack)) unpacked.set(pack, unpack(pack));
  return (await unpacked.get(pack))[number % PACK];
}

function part(title, ...content) {
  const section = element("div", "part");
  section.append(element("h4", "", title), ...content.filter(Boolean));
  return section;
}

function fold(title, content) {
  const details = element("details", "fold");
  details.append(element("summary", "", title), content);
  return details;
}

function checks(detail) {
  const list = element("ul", "checks");
  for (const [ok, text] of detail.checks) {
    const item = element("li", ok ? "ok" : "notok");
    item.append(element("span", "mark", ok ? "ok" : "not ok"), ` ${text}`);
    list.append(item);
  }
  const failed = detail.checks.filter(([ok]) => !ok).length;
  return [`Checks: ${detail.checks.length}${failed ? `, ${failed} failed` : ", all well"}`, list];
}

function lineMap(detail) {
  const map = element("ul", "linemap");
  for (const line of detail.lines) {
    const item = element("li");
    item.append(element("span", "source", line.source));
    for (const { who, model, role } of line.members)
      item.append(element("span", `member ${role}`, `${who}${model ? ` ${model}` : ""}${role === "offender" ? ", offender" : ""}`));
    map.append(item);
  }
  return map;
}

const COLUMNS = [["raised"], ["served"], ["lost"], ["spurious"], ["p50_us", time], ["p50_bound_us", time], ["p99_us", time],
  ["gap_us", time], ["bound_us", time]];
const HEADS = { p50_us: "p50", p50_bound_us: "its bound", p99_us: "p99", gap_us: "gap", bound_us: "its bound" };

function cellClass(name, cell) {
  const over = (name === "lost" && cell.lost) || (name === "gap_us" && cell.gap_us > cell.bound_us) ||
    (name === "p50_us" && cell.p50_us > cell.p50_bound_us);
  return over ? "over" : "";
}

function figures(detail) {
  const box = element("div", "scroll"), table = element("table"), top = element("thead"), head = element("tr");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "figures");
  for (const name of ["sharer", "window", ...COLUMNS.map(([name]) => HEADS[name] || name)]) head.append(element("th", "", name));
  top.append(head);
  table.append(top);
  for (const sharer of detail.sharers)
    for (const [window, cell] of Object.entries(sharer.windows)) {
      const row = element("tr");
      row.append(element("th", "", `${sharer.who} ${sharer.model}`), element("th", "", window));
      for (const [name, show] of COLUMNS)
        row.append(element("td", cellClass(name, cell), cell[name] === undefined ? "" : String(show ? show(cell[name]) : cell[name])));
      table.append(row);
    }
  box.append(table);
  return box;
}

function marks(detail) {
  const list = element("ul", "marklist");
  for (const [label, rte, disagreements] of detail.marks) {
    const item = element("li");
    item.append(element("b", "", label), ` ${rte}`);
    for (const text of disagreements) item.append(element("p", "over", `the board disagrees: ${text}`));
    list.append(item);
  }
  return list;
}

function evidence(detail, room) {
  const drawn = window.d3 && strip(detail, room);
  if (!drawn) return null;
  const box = element("figure", "evidencebox");
  box.append(drawn.node);
  const caption = element("figcaption");
  if (drawn.said) caption.append(element("b", "", drawn.said), " ");
  caption.append(`A bar is what was served in its part of the window, on a square-root scale. Below it the longest gap; the tick is the bound. ${drawn.scale}`);
  box.append(caption);
  return box;
}

function showDetail(place, detail) {
  const room = Math.max(place.clientWidth, 280);
  if (detail.rationale) place.append(element("p", "rationale", detail.rationale));
  const shown = evidence(detail, room);
  if (shown) place.append(part("Served over time", shown));
  const spread = window.d3 && latencies(detail, room);
  if (spread) {
    const shares = spread.known ? "Steps: the share of a window's interrupts, on a square-root scale. " : "";
    const legend = element("p", "note", `${shares}Dot: the median; line to the 99th percentile; tall tick: the bound of the median.`);
    place.append(part("Latency", spread.node, legend));
  }
  if (detail.history && window.d3) place.append(part("Longest gap in earlier runs", sparkline(detail.history)));
  if (detail.lines.length) place.append(part("Who is on which line", lineMap(detail)));
  if (detail.vectors.length > 1 && window.d3) place.append(part("Vectors", vectorMap(detail.vectors)));
  if (detail.checks.length) {
    const [title, list] = checks(detail);
    const folded = fold(title, list);
    folded.open = detail.checks.length <= 12 || detail.checks.some(([ok]) => !ok);
    place.append(folded);
  }
  if (detail.sharers.length) place.append(fold("Figures", figures(detail)));
  if (detail.figures.length) place.append(fold("Other figures", element("pre", "", detail.figures.join("\n"))));
  if (detail.marks.length) place.append(fold(`Marks of the witness: ${detail.marks.length}`, marks(detail)));
  if (detail.console) {
    const console_ = element("pre", "console", detail.console);
    console_.tabIndex = 0;
    place.append(fold("Console", console_));
  }
  for (const pre of place.querySelectorAll("pre")) pre.tabIndex = 0;
}

async function fill(place, number, show) {
  if (place.dataset.filled) return;
  place.dataset.filled = "soon";
  try {
    show(place, await detailOf(number));
  } catch (error) {
    place.append(element("p", "note", `This browser cannot unpack the case: ${error.message}`));
  }
  place.dataset.filled = "done";
}

function openCase(details) {
  details.closest(".group").open = true;
  details.open = true;
  fill(details.querySelector(".detail"), +details.dataset.number, showDetail);
}

for (const details of document.querySelectorAll("details.case"))
  details.addEventListener("toggle", () => details.open && openCase(details));

function openFromAddress() {
  const details = /^#c[0-9]+$/.test(location.hash) && document.querySelector(location.hash);
  if (!details) return;
  details.hidden = details.closest(".group").hidden = false;
  openCase(details);
  details.scrollIntoView();
  details.querySelector("summary").focus({ preventScroll: true });
}
addEventListener("hashchange", openFromAddress);

// What failed shows its strip without being asked: the first ones at once, so that they are printed, the rest when one
// scrolls to them.
const EAGER = 40;
const showEvidence = place => fill(place, +place.dataset.number, (target, detail) => {
  const shown = evidence(detail, target.clientWidth);
  if (shown) target.append(shown);
});
const watcher = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting).forEach(({ target }) => {
  watcher.unobserve(target);
  showEvidence(target);
}), { rootMargin: "400px" });
const places = [...document.querySelectorAll(".evidence")];
places.slice(0, EAGER).forEach(showEvidence);
places.slice(EAGER).forEach(place => watcher.observe(place));

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const command = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(command); // not allowed here: the reader copies it
    }
  });
}
