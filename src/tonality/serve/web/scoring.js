// One run over a file: slices go out, scored rows come back, and both the rows and the bytes of the
// scored file are kept.

import { Problem, score } from "./api.js";
import { steadily } from "./connection.js";
import { scaleOf } from "./labels.js";
import { parseDelimited } from "./records.js";
import { Scanner, slices } from "./slices.js";
import { KINDS, objectIn, toldBy } from "./tables.js";

const ADDED_LAST = "tokens_left_out";

/** Another model answers now: the rows so far and the rest would not go together. */
export class Replaced extends Error {
  constructor() {
    super("The model was replaced while the file was read.");
    this.remedy = "Drop the file once more.";
  }
}

export class Scoring {
  /**
   * @param file what to score.
   * @param table what `inspect` told of it, `column` being the one to judge.
   * @param model the model, which is to answer all of it.
   */
  constructor(file, table, { labels, version }) {
    this.file = file;
    this.table = table;
    this.labels = labels;
    this.version = version;
    this.scale = scaleOf(labels);
    this.rows = []; // {number, text, label, score, lean, cut}, {number, text, empty}
    // where there is no text to judge, or {number, fault}
    this.sent = 0; // bytes of the file that are done
    this.complete = false;
    this.parts = []; // of the scored file
    this.calling = new AbortController();
  }

  /**
   * Scores the file; `progress` is called after each slice.
   *
   * @throws {Replaced} where a slice was answered by another model.
   */
  async run(progress) {
    const { kind, quoting, delimiter, given, column } = this.table;
    const { signal } = this.calling;
    // Where there is a header, each slice has it, and the service chooses alike for all. JSON Lines
    // have none, and a slice of rows without the column would be refused: a line with it goes first.
    const lines = kind === "jsonl";
    const prefix = lines ? freePrefix(await fieldsOf(this.file, signal), this.labels) : null;
    const own = lines ? `${JSON.stringify({ [column]: "" })}\n` : null;
    const ask = (rows) => score(rows, KINDS[kind].type,
      { text_column: toldBy(this.table), prefix, delimiter: given, quoting }, signal);
    const parts = slices(this.file, lines ? null : delimiter, quoting, own);
    for await (const { rows, end } of parts) {
      signal.throwIfAborted();
      this.#take(await this.#own(steadily(() => ask(rows), signal)));
      this.sent = end;
      progress();
    }
    this.complete = true;
  }

  /** An answer, and not another model's; nor its refusal, which may be of other labels. */
  async #own(asked) {
    const answer = await asked.catch((error) => {
      if (error instanceof Problem) return error;
      throw error;
    });
    if (answer.version && answer.version !== this.version) throw new Replaced();
    if (answer instanceof Problem) throw answer;
    return answer.bytes;
  }

  cancel() {
    this.calling.abort();
  }

  /** The scored file, as far as it goes. */
  result() {
    return new Blob(this.parts, { type: KINDS[this.table.kind].type });
  }

  /** Takes in the rows of an answer, and its bytes but for a header that is there already. */
  #take(answer) {
    const lines = this.table.kind === "jsonl";
    const [header, ...records] = recordsIn(answer, this.table);
    const pieces = this.parts.length || lines ? [] : [header];
    if (!lines) this.#readHeader(header);
    for (const bytes of records) {
      const row = lines ? this.#readObject(bytes) : this.#readRecord(bytes);
      row.number = this.rows.length + 1;
      this.rows.push(row);
      pieces.push(row.fault === undefined ? bytes : this.#renumbered(bytes, row));
    }
    this.parts.push(new Blob(pieces));
  }

  #readHeader(bytes) {
    const [header] = parseDelimited(decode(bytes), this.table.answered);
    const last = header.findLastIndex((name) => name.endsWith(ADDED_LAST));
    const prefix = header[last].slice(0, -ADDED_LAST.length);
    const place = (name) => header.lastIndexOf(prefix + name);
    this.places = {
      text: this.table.columns.findIndex(({ name }) => name === this.table.column),
      label: place("label"),
      score: place("score"),
      up: place(`p_${this.scale.up}`),
      down: place(`p_${this.scale.down}`),
      cut: last,
      unfamiliar: place("unfamiliar"),
      fault: place("error"),
    };
  }

  #readRecord(bytes) {
    const [record] = parseDelimited(decode(bytes), this.table.answered);
    const { text, label, score: sure, up, down, cut, unfamiliar, fault } = this.places;
    if (record[fault]) return { fault: record[fault].replace(/^row \d+(, )?:?\s*/, "") };
    if (!record[label]) return { text: record[text], empty: true };
    return {
      text: record[text],
      label: record[label],
      score: Number(record[sure]),
      lean: Number(record[up]) - Number(record[down]),
      cut: Number(record[cut]) > 0,
      unfamiliar: record[unfamiliar] === "1",
    };
  }

  #readObject(bytes) {
    const row = objectIn(decode(bytes));
    const last = Object.keys(row).findLast((name) => name.endsWith(ADDED_LAST));
    if (last === undefined) return { fault: String(Object.values(row)[0]) };
    const prefix = last.slice(0, -ADDED_LAST.length);
    const share = (label) => row[`${prefix}p_${label}`];
    if (row[`${prefix}label`] === null) return { text: row[this.table.column] ?? "", empty: true };
    return {
      text: row[this.table.column] ?? "",
      label: row[`${prefix}label`],
      score: row[`${prefix}score`],
      lean: share(this.scale.up) - share(this.scale.down),
      cut: row[last] > 0,
      unfamiliar: row[`${prefix}unfamiliar`] === 1,
    };
  }

  /** The service counted the rows of the slice: what it says of a faulty one is put right. */
  #renumbered(bytes, { number }) {
    const pattern = this.table.kind === "jsonl" ? /(?<="row": )\d+(?=\}\s*$)/ : /(?<=^[^r]*row )\d+/;
    return new TextEncoder().encode(decode(bytes).replace(pattern, number));
  }
}

const decode = (bytes) => new TextDecoder().decode(bytes);

/** The records of an answer, each with its line end. */
function* recordsIn(answer, { kind, answered }) {
  let start = 0;
  for (const end of new Scanner(kind === "jsonl" ? null : answered, false, Infinity).ends(answer, 0)) {
    yield answer.subarray(start, end);
    start = end;
  }
}

/** The names of all fields of a file of JSON Lines. */
async function fieldsOf(file, signal) {
  const names = new Set();
  for await (const { rows } of slices(file, null, "none", "")) {
    signal.throwIfAborted();
    for (const line of (await rows.text()).split("\n")) {
      for (const name of Object.keys(objectIn(line) ?? {})) names.add(name);
    }
  }
  return names;
}

/**
 * What the names of added columns begin with, chosen for a whole file as the service would:
 * nothing, else `tonality_`, else `tonality_2_` and so on.
 */
function freePrefix(taken, labels) {
  const added = ["label", "score", ...labels.map((label) => `p_${label}`), "tokens_read",
    "tokens_left_out", "unfamiliar", "error"];
  let prefix = "";
  for (let number = 1; added.some((name) => taken.has(prefix + name)); number++) {
    prefix = number === 1 ? "tonality_" : `tonality_${number}_`;
  }
  return prefix;
}
