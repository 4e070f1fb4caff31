// The view of a file: taken in, its text column chosen, scored with progress, and looked at.

import { inWords } from "./api.js";
import { histogram, shares, Tally } from "./chart.js";
import { byId, h, redraw } from "./dom.js";
import { clip, count, duration, size, whole } from "./format.js";
import { extremes, RowTable } from "./rows.js";
import { Replaced, Scoring } from "./scoring.js";
import { plainFile } from "./plain-file.js";
import { tableIn, withHeader } from "./table-file.js";
import { inspect } from "./tables.js";

const REDRAW = 300; // milliseconds between two pictures of a run
const LONGEST_SAMPLE = 90;
const NO_NAME = "(no name)"; // of a column
const AGAIN = "The model was replaced meanwhile, so the file was started anew.";
const MOST_STARTS = 3; // of one file, where models come and go

export class FileView {
  /**
   * @param models where the labels come from.
   * @param open called with a text to be looked at closely.
   */
  constructor(models, open) {
    this.models = models;
    this.open = open;
    this.scoring = null;
    this.taken = null;
    byId("file-input").addEventListener("change", ({ target }) => {
      this.takeFirst(target.files);
      target.value = ""; // so that the same file can be chosen again
    });
  }

  /** Takes in the first of some files, and says so where there are others. */
  takeFirst([file, ...others]) {
    if (!file) return;
    byId("file-others").textContent = others.length
      ? `One file is read at a time, here “${file.name}”. Drop the ` +
        `${others.length === 1 ? "other" : `other ${whole(others.length)}`} when it is done.`
      : "";
    this.take(file);
  }

  /** Takes in a file, of a spreadsheet the given sheet; one that is under way is called off. */
  async take(file, sheet = null) {
    this.scoring?.cancel();
    this.scoring = null;
    this.taken = file;
    byId("drop").classList.add("small");
    this.#show(h("p", { className: "quiet" }, "Looking at it…"));
    try {
      const { file: plain, sheets, note } = await plainFile(file, sheet);
      if (file !== this.taken) return; // another one was dropped meanwhile
      if (sheet === null && sheets.length > 1) {
        this.#askSheet(file, sheets);
        return;
      }
      const { file: readable, table } = await tableIn(plain);
      if (file !== this.taken) return;
      const given = { name: file.name, size: file.size, note };
      if (table.column === null) this.#ask(readable, table, given);
      else await this.#run(readable, table, given);
    } catch (error) {
      if (file === this.taken) this.#refused(error);
    }
  }

  #show(...parts) {
    byId("file-work").replaceChildren(...parts);
  }

  #say(words) {
    byId("file-spoken").textContent = words;
  }

  #refused(error) {
    this.#show(h("p", { className: "fault card" }, inWords(error)));
    this.#say(inWords(error));
  }

  /** Lets the user choose the sheet, with the first that holds something proposed. */
  #askSheet(file, sheets) {
    const choices = sheets.map((name, index) => h("label", { className: "choice" },
      h("input", { type: "radio", name: "sheet", value: name, checked: index === 0 }),
      h("span", { className: "name", dir: "auto" }, name)));
    const form = h("form", { className: "card ask", onsubmit: (event) => {
      event.preventDefault();
      this.take(file, new FormData(form).get("sheet"));
    } },
      h("fieldset", {}, h("legend", {}, `Which sheet of ${file.name} holds the texts?`),
        h("div", { className: "choices" }, ...choices)),
      h("button", { type: "submit", className: "solid" }, "Read this sheet"));
    this.#show(form);
    form.querySelector("input:checked").focus();
  }

  /**
   * Lets the user choose the column, with the one of the longest texts proposed.
   *
   * @param given the name and size of the file as the user chose it, and what to note of it.
   */
  #ask(file, table, given) {
    const long = ({ samples, texts }) => (texts ? samples.join("").length : -1);
    const proposed = table.columns.reduce((a, b) => (long(b) > long(a) ? b : a));
    const choices = table.columns.map((column, index) => h("label", { className: "choice" },
      h("input", { type: "radio", name: "column", value: String(index),
        checked: column === proposed }),
      h("span", { className: "name", dir: "auto" }, column.name || NO_NAME),
      h("span", { className: "quiet", dir: "auto" },
        column.samples.map((sample) => clip(sample, LONGEST_SAMPLE)).filter(Boolean).join(" · "))));
    // Without a header the first line is a row, which would be lost as names.
    const first = h("input", { type: "checkbox", name: "first",
      checked: table.columns.length === 1 && /\s/.test(table.columns[0].name) });
    const form = h("form", { className: "card ask", onsubmit: (event) => {
      event.preventDefault();
      const index = Number(new FormData(form).get("column"));
      const chosen = table.bare && first.checked
        ? this.#headed(file, table, index, given)
        : this.#run(file, { ...table, column: table.columns[index].name }, given);
      chosen.catch((error) => this.#refused(error));
    } },
      h("fieldset", {}, h("legend", {}, `Which column of ${given.name} holds the texts?`),
        h("div", { className: "choices" }, ...choices)),
      table.bare
        ? h("label", { className: "choice first" }, first,
            h("span", {}, "The first line is a row already, not the names of the columns"))
        : null,
      h("button", { type: "submit", className: "solid" }, "Read this column"));
    this.#show(form);
    form.querySelector("input:checked").focus();
  }

  /** Scores a file whose first line is a row already. */
  async #headed(file, table, index, given) {
    const headed = await withHeader(file, table);
    const named = table.columns.length === 1 ? null : table.delimiter;
    const found = await inspect(headed, named, table.kind);
    await this.#run(headed, { ...found, column: found.columns[index].name }, given);
  }

  async #run(file, table, given, start = 1) {
    if (!this.models.current) await this.models.load();
    if (!this.models.current) throw this.models.fault;
    const scoring = (this.scoring = new Scoring(file, table, this.models.current));
    const board = new Board(scoring, given, this.open, start > 1);
    this.#show(board.element);
    this.#say(start > 1 ? AGAIN : `Reading ${given.name}.`);
    let fault = null;
    try {
      await scoring.run(() => board.progress());
    } catch (error) {
      fault = error;
      if (error instanceof Replaced) await this.models.load();
    }
    if (scoring !== this.scoring) return;
    const { aborted } = scoring.calling.signal;
    if (fault instanceof Replaced && !aborted && start < MOST_STARTS) {
      await this.#run(file, table, given, start + 1);
      return;
    }
    board.finish(aborted ? null : fault);
    this.#say(board.state.textContent);
  }
}

/** What is shown of one run. */
class Board {
  constructor(scoring, given, open, again) {
    this.scoring = scoring;
    this.open = open;
    this.tally = new Tally(scoring);
    this.table = null;
    this.drawn = 0;
    this.started = performance.now();
    const { file } = scoring;
    this.state = h("p", { className: "state" }, "Reading…");
    this.bar = h("progress", { max: Math.max(1, file.size), value: 0, "aria-label": "Progress" });
    this.actions = h("div", { className: "row" },
      h("button", { type: "button", className: "plain", onclick: () => scoring.cancel() }, "Stop"));
    this.results = h("div", { className: "results" });
    this.element = h("div", {},
      h("section", { className: "card run", "aria-label": "The file" },
        h("div", {}, h("h2", { dir: "auto" }, given.name),
          h("p", { className: "quiet" },
            `${size(given.size)}, texts in “${scoring.table.column || NO_NAME}”`),
          given.note && h("p", { className: "quiet" }, given.note)),
        this.actions, this.bar, this.state,
        again ? h("p", { className: "quiet again" }, AGAIN) : null),
      this.results);
  }

  /** After each slice. */
  progress() {
    const { rows, sent, file } = this.scoring;
    for (let index = this.tally.read + this.tally.empty + this.tally.faults; index < rows.length; index++) {
      this.tally.add(rows[index]);
    }
    this.bar.value = sent;
    const seconds = (performance.now() - this.started) / 1000;
    const left = (seconds * (file.size - sent)) / sent;
    this.state.textContent = `${count(rows.length, "row")}, ` +
      `${whole(Math.round(rows.length / seconds))} a second; ` +
      (sent < file.size ? `about ${duration(left)} to go` : "done");
    if (!rows.length || performance.now() - this.drawn < REDRAW) return;
    this.#draw();
    this.drawn = performance.now();
  }

  /** At the end, or where it was stopped. */
  finish(fault) {
    const { complete, rows } = this.scoring;
    const { faults } = this.tally;
    const bad = faults ? `, ${whole(faults)} of them could not be read` : "";
    const after = count(rows.length, "row");
    this.state.textContent = complete
      ? `Done: ${after}${bad}.`
      : fault ? inWords(fault) : `Stopped after ${after}${bad}.`;
    this.state.classList.toggle("fault", Boolean(fault));
    this.bar.hidden = true;
    this.actions.replaceChildren(...(rows.length ? [this.#download()] : []));
    if (rows.length) this.#draw();
    else if (complete) this.state.textContent = "The file has no rows below its first.";
  }

  #draw() {
    const { scoring, tally, open } = this;
    if (!this.table) {
      this.table = new RowTable(scoring, tally, open);
      this.spread = h("section", { className: "card", "aria-labelledby": "spread" });
      this.ends = h("div", { className: "sides" });
      this.results.replaceChildren(this.spread, this.ends, this.table.element);
    } else this.table.update();
    const opened = this.spread.querySelector("details")?.open ?? false;
    redraw(this.spread, h("h2", { id: "spread" }, "How the rows are spread"),
      ...shares(tally), histogram(tally));
    this.spread.querySelector("details").open = opened;
    redraw(this.ends, ...extremes(scoring, tally, open));
    // Without a verdict there is nothing to draw: the table tells why.
    this.spread.hidden = this.ends.hidden = !tally.read;
  }

  #download() {
    const { file, complete } = this.scoring;
    const [, stem, suffix] = /^([^]*?)(\.[^.]*)?$/.exec(file.name);
    const name = `${stem}.${complete ? "scored" : "part-scored"}${suffix ?? ""}`;
    return h("button", { type: "button", className: "solid", onclick: () => {
      const address = URL.createObjectURL(this.scoring.result());
      h("a", { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } }, complete ? "Download the scored file" : "Download what there is");
  }
}
