// The rows of a scored file: the extremes, and all of them to filter, search and sort, a page at a
// time, so that a file of any length stays quick.

import { h, redraw, unseen } from "./dom.js";
import { clip, count, percent, whole } from "./format.js";
import { UNCERTAIN } from "./labels.js";

const PAGE = 25;
const EXTREMES = 5;
const LONGEST = 280;
const LONGEST_EXTREME = 170;
const REST = 160; // milliseconds after the last key in the search field
const MARK = { up: "▲", down: "▼", middle: "●" };

const surest = (one, other) => other.score - one.score;

/** Orders of rows and their names: by the verdicts and scores that the rows show. */
function ordersOf({ up, down }) {
  // Rows of an end go by their score. Those between have none along the scale: they go by their lean.
  const place = ({ label, score, lean }) =>
    (label === up ? 1 + score : label === down ? -1 - score : lean);
  return {
    file: ["Order of the file", (one, other) => one.number - other.number],
    up: [`Most ${up} first`, (one, other) => place(other) - place(one)],
    down: [`Most ${down} first`, (one, other) => place(one) - place(other)],
    unsure: ["Least sure first", (one, other) => one.score - other.score],
  };
}

/** The rows at both ends of the scale, side by side. */
export function extremes(scoring, tally, open) {
  const { rows, scale } = scoring;
  const side = (title, tone) => {
    const found = top(rows.filter((row) => row.label === title), surest);
    return h("section", { className: "card", "aria-label": `Most ${title}` },
      h("h2", {}, h("span", { className: "mark", "data-tone": tone, "aria-hidden": "true" },
        MARK[tone]), ` Most ${title}`),
      found.length
        ? h("ol", { className: "extremes" }, ...found.map((row) => h("li", {},
            opener(row, LONGEST_EXTREME, open), h("b", {}, percent(row.score)))))
        : h("p", { className: "quiet" }, `No row is ${title}.`));
  };
  return [side(scale.up, "up"), side(scale.down, "down")];
}

/** The first few in an order, without sorting the rest. */
function top(rows, order) {
  const best = [];
  for (const row of rows) {
    if (best.length === EXTREMES && order(row, best.at(-1)) >= 0) continue;
    best.push(row);
    best.sort(order);
    best.length = Math.min(best.length, EXTREMES);
  }
  return best;
}

function opener(row, length, open) {
  return h("button", { type: "button", className: "passage", dir: "auto",
    onclick: () => open(row.text) }, clip(row.text, length) || "(empty)",
    unseen(", see the words that decided"));
}

/** The table of all rows with its controls; `element` is what to show. */
export class RowTable {
  constructor(scoring, tally, open) {
    this.scoring = scoring;
    this.tally = tally;
    this.open = open;
    this.kind = "all";
    this.words = "";
    this.order = "file";
    this.orders = ordersOf(scoring.scale);
    this.page = 0;
    this.controls = h("div", { className: "chips", role: "group", "aria-label": "Show" });
    this.table = h("div", { className: "rows" });
    this.pager = h("div", { className: "pager", role: "group", "aria-label": "Pages of rows" });
    this.status = h("p", { className: "quiet", role: "status" });
    this.element = h("section", { className: "card", "aria-labelledby": "all-rows" },
      h("div", { className: "card-head" }, h("h2", { id: "all-rows" }, "All rows"), this.status),
      h("div", { className: "controls" }, this.controls, this.#search(), this.#sorter()),
      this.table, this.pager);
    this.update();
  }

  /** Shows the rows as they are now. */
  update() {
    const { rows } = this.scoring;
    const found = rows.filter(this.#filter());
    if (this.order !== "file") {
      // Rows without a verdict have no place on the scale: they come last.
      const bare = (row) => row.fault !== undefined || Boolean(row.empty);
      found.sort((one, other) => bare(one) - bare(other) ||
        this.orders[this.order][1](one, other) || one.number - other.number);
    }
    this.found = found;
    this.page = Math.min(this.page, Math.max(0, Math.ceil(found.length / PAGE) - 1));
    this.#drawControls();
    this.#drawPage();
  }

  #filter() {
    const { kind } = this;
    const words = this.words && new RegExp(this.words.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "iu");
    return (row) => {
      if (kind === "fault" ? row.fault === undefined : kind !== "all" && row.fault !== undefined) {
        return false;
      }
      if (kind === "empty" && !row.empty) return false;
      if (kind === "cut" ? !row.cut : kind.startsWith("=") && row.label !== kind.slice(1)) {
        return false;
      }
      return !words || words.test(row.text ?? row.fault);
    };
  }

  #drawControls() {
    const { tally } = this;
    const kinds = [["all", "All", tally.read + tally.empty + tally.faults]];
    for (const [label, times] of tally.labels) kinds.push([`=${label}`, label, times]);
    if (tally.cut) kinds.push(["cut", "Cut off", tally.cut]);
    if (tally.empty) kinds.push(["empty", "No text", tally.empty]);
    if (tally.faults) kinds.push(["fault", "Not read", tally.faults]);
    redraw(this.controls, ...kinds.map(([kind, name, times]) =>
      h("button", { type: "button", className: "chip", "aria-pressed": String(kind === this.kind),
        onclick: () => this.#choose({ kind }) }, name,
        h("span", { className: "times" }, ` ${whole(times)}`))));
  }

  #search() {
    let waiting = 0;
    const input = h("input", { type: "search", id: "row-search", autocomplete: "off",
      placeholder: "Words in the text", oninput: () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => this.#choose({ words: input.value.trim() }), REST);
      } });
    return h("div", { className: "field" }, h("label", { for: "row-search" }, "Search"), input);
  }

  #sorter() {
    const select = h("select", { id: "row-order",
      onchange: () => this.#choose({ order: select.value }) },
      ...Object.entries(this.orders).map(([value, [name]]) => h("option", { value }, name)));
    return h("div", { className: "field" }, h("label", { for: "row-order" }, "Sort"), select);
  }

  #choose(changes) {
    Object.assign(this, changes, { page: 0 });
    this.update();
  }

  #drawPage() {
    const { found, page } = this;
    const shown = found.slice(page * PAGE, (page + 1) * PAGE);
    redraw(this.table, shown.length
      ? h("table", {},
          h("thead", {}, h("tr", {}, ...["Row", "Text", "Verdict"].map((name) =>
            h("th", { scope: "col" }, name)))),
          h("tbody", {}, ...shown.map((row) => this.#row(row))))
      : h("p", { className: "quiet none" }, "No row fits."));
    this.status.textContent = count(found.length, "row");
    const pages = Math.ceil(found.length / PAGE);
    const from = page * PAGE + 1;
    this.pager.hidden = pages < 2;
    redraw(this.pager,
      this.#turn("Back", -1, page === 0),
      h("span", {}, `${whole(from)} to ${whole(from + shown.length - 1)} of ${whole(found.length)}`),
      this.#turn("Next", 1, page >= pages - 1));
  }

  /** At an end a button is only marked as disabled: truly disabled it would lose the focus. */
  #turn(name, by, disabled) {
    return h("button", { type: "button", className: "plain", "aria-disabled": String(disabled),
      onclick: () => {
        if (disabled) return;
        this.page += by;
        this.#drawPage();
      } }, name);
  }

  #row(row) {
    const number = h("td", { className: "number" }, whole(row.number));
    if (row.fault !== undefined) {
      return h("tr", { className: "faulty" }, number,
        h("td", {}, `Could not be read: ${row.fault}`), h("td", {}, "–"));
    }
    if (row.empty) {
      return h("tr", { className: "faulty" }, number,
        h("td", { dir: "auto" }, clip(row.text, LONGEST) || "(empty)"), h("td", {}, "no text"));
    }
    const tone = this.tally.toneOf(row.label);
    return h("tr", {}, number,
      h("td", {}, opener(row, LONGEST, this.open),
        row.cut ? h("span", { className: "tag" }, "cut off") : null),
      h("td", { className: "said" },
        h("span", { className: "mark", "data-tone": tone, "aria-hidden": "true" },
          row.label === UNCERTAIN ? "○" : MARK[tone]),
        h("span", { dir: "auto" }, ` ${row.label}`), h("b", {}, percent(row.score))));
  }
}
