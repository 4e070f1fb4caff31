// How the verdicts of a file are spread: shares of the labels, and a histogram along the scale.

import { h, svg } from "./dom.js";
import { count, percent, whole } from "./format.js";
import { UNCERTAIN } from "./labels.js";

const BINS = 20;
const WIDTH = 800;
const HEIGHT = 220;
const GAP = 3;

/** Counts that grow with the rows, so that a long file is never counted twice. */
export class Tally {
  constructor({ labels, scale }) {
    this.scale = scale;
    this.labels = new Map(labels.map((label) => [label, 0]));
    this.bins = Array.from({ length: BINS }, () => ({ up: 0, middle: 0, down: 0 }));
    this.read = 0;
    this.faults = 0;
    this.empty = 0; // rows without a text, which have no verdict and are in no share
    this.cut = 0;
    this.unfamiliar = 0; // texts of which the model knows few words
  }

  add(row) {
    if (row.fault !== undefined) {
      this.faults += 1;
      return;
    }
    if (row.empty) {
      this.empty += 1;
      return;
    }
    this.read += 1;
    this.cut += row.cut;
    this.unfamiliar += row.unfamiliar;
    this.labels.set(row.label, (this.labels.get(row.label) ?? 0) + 1);
    const bin = Math.min(BINS - 1, Math.floor(((row.lean + 1) / 2) * BINS));
    this.bins[bin][this.toneOf(row.label)] += 1;
  }

  toneOf(label) {
    return label === UNCERTAIN ? "middle" : this.scale.tone(label);
  }
}

/** The shares of the labels, as one bar and in words. */
export function shares(tally) {
  const present = [...tally.labels].filter(([label, times]) => times || label !== UNCERTAIN);
  const bar = h("div", { className: "shares-bar", "aria-hidden": "true" },
    ...present.filter(([, times]) => times).map(([label, times]) => {
      const part = h("span", { "data-tone": tally.toneOf(label) });
      part.style.flexGrow = String(times);
      return part;
    }));
  return [bar, h("ul", { className: "shares" }, ...present.map(([label, times]) =>
    h("li", {},
      h("span", { className: "swatch", "data-tone": tally.toneOf(label), "aria-hidden": "true" }),
      h("span", { className: "label", dir: "auto" }, label),
      h("b", {}, tally.read ? percent(times / tally.read) : "–"),
      h("span", { className: "quiet" }, count(times, "row"))))),
  ...(tally.empty ? [h("p", { className: "quiet" },
    `${count(tally.empty, "row")} without a text: no verdict, and in no share.`)] : []),
  ...(tally.unfamiliar ? [h("p", { className: "quiet" }, `${count(tally.unfamiliar, "row")} in ` +
    "words of which the model knows few, as in another language: their verdicts say little.")] : [])];
}

/** The histogram, with a table of the same numbers for those who do not see it. */
export function histogram(tally) {
  const { bins, scale } = tally;
  const totals = bins.map(({ up, middle, down }) => up + middle + down);
  const most = Math.max(1, ...totals);
  const step = WIDTH / BINS;
  const bars = bins.flatMap((bin, index) => {
    let top = HEIGHT;
    return ["down", "middle", "up"].filter((tone) => bin[tone]).map((tone) => {
      const tall = Math.max(1.5, (HEIGHT * bin[tone]) / most);
      top -= tall;
      return svg("rect", { class: tone, x: index * step + GAP / 2, y: top.toFixed(1),
        width: step - GAP, height: tall.toFixed(1), "fill-opacity": depth(index) },
        svg("title", {}, `${rangeOf(index, scale)}: ${whole(bin[tone])}`));
    });
  });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none",
    role: "img", "aria-label": inWords(tally, totals) },
    svg("path", { class: "grid", d: `M0 ${HEIGHT / 2}H${WIDTH}M0 .5H${WIDTH}` }),
    svg("path", { class: "grid middle", d: `M${WIDTH / 2} 0V${HEIGHT}` }), ...bars,
    svg("path", { class: "axis", d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }));
  return h("figure", { className: "histogram" },
    h("div", { className: "plot" }, picture,
      h("span", { className: "most quiet", "aria-hidden": "true" }, whole(most))),
    h("p", { className: "ends", "aria-hidden": "true" }, h("span", {}, `← surely ${scale.down}`),
      h("span", {}, scale.both ? "50 : 50" : "even"), h("span", {}, `surely ${scale.up} →`)),
    h("details", {}, h("summary", {}, "The same as a table"), table(totals, scale)));
}

/** The surer, the deeper. */
const depth = (index) => (0.45 + (0.55 * Math.abs(2 * index + 1 - BINS)) / (BINS - 1)).toFixed(2);

function inWords({ read, scale }, totals) {
  const half = BINS / 2;
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const sure = (numbers) => percent(read ? sum(numbers) / read : 0);
  return `Spread of ${count(read, "verdict")} from ${scale.down} to ${scale.up}: ` +
    `${sure(totals.slice(0, 2))} are surely ${scale.down}, ` +
    `${sure(totals.slice(half - 2, half + 2))} are near the middle, ` +
    `${sure(totals.slice(-2))} are surely ${scale.up}.`;
}

function table(totals, scale) {
  return h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, rangeName(scale)),
      h("th", { scope: "col", className: "number" }, "rows"))),
    h("tbody", {}, ...totals.map((total, index) =>
      h("tr", {}, h("th", { scope: "row" }, rangeOf(index, scale)),
        h("td", { className: "number" }, whole(total))))));
}

const rangeName = (scale) =>
  scale.both ? `probability of ${scale.up}` : `${scale.up} less ${scale.down}`;

function rangeOf(index, scale) {
  const at = (place) => scale.both
    ? `${Math.round((100 * place) / BINS)}%`
    : ((2 * place) / BINS - 1).toFixed(1).replace("-", "\u2212");
  return `${at(index)} to ${at(index + 1)}`;
}
