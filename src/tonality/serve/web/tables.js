// Tables as files: what kind they are, their columns, and their cells.

import { quotingOf } from "./quoting.js";
import { fits, records } from "./records.js";

/** The kinds that the service takes. */
export const KINDS = {
  csv: { type: "text/csv", suffixes: ["csv"] },
  tsv: { type: "text/tab-separated-values", suffixes: ["tsv", "tab"] },
  jsonl: { type: "application/x-ndjson", suffixes: ["jsonl", "ndjson", "json"] },
};

// As in tonality/tables/column_names.py; compared without case, spaces and punctuation.
const TEXT_NAMES = new Set(
  ("text texts review reviews reviewtext reviewbody content tweet tweettext comment comments " +
    "commenttext body sentence message post document").split(" "),
);
const OTHER_TEXT_NAMES = new Set( // texts only where no column has one of the names above
  ("feedback feedbacktext customerfeedback response responses responsetext openendedresponse " +
    "answer answers answertext verbatim verbatims remark remarks freetext testimonial testimonials")
    .split(" "),
);
const USUAL_NAMES = new Set([...TEXT_NAMES, ...OTHER_TEXT_NAMES,
  ..."label labels sentiment class rating ratings stars score id date".split(" ")]);
const ID_NAMES = new Set(
  ("id reviewid tweetid textid docid uid ticketid responseid respondentid commentid messageid " +
    "postid recordid rowid caseid # no nr").split(" "),
);
const isId = (name) => ID_NAMES.has(plain(name) || name.trim());
const DELIMITERS = [",", ";", "\t", "|"];
const NO_DELIMITER = "\u0001"; // where a line is one field
const SURE = 0.8; // of the rows alike
const RECORDS = 50; // that tell between two delimiters
const NAMED = 20; // rows that tell whether they are named
const HEAD = 2 ** 17; // bytes looked at before anything is sent
const MOST_HEAD = 2 ** 24; // where no row ends before: the longest one that the service reads
const BLANK = /^(?:[^\S\n\ufeff]*\n)*/; // lines above the header
const ARRAY = /^\s*\[/; // of JSON
const SPACES = /^[^\S\ufeff]+|[^\S\ufeff]+$/g; // a mark is none, as in Python
const SAMPLES = 3;
const MOST_CONTROLS = 0.1; // of the first line; with more it is no text

/**
 * What one can tell from the beginning of a file in UTF-8: its kind, its delimiter and the one of the
 * answer, how quotes are meant, the columns with samples of their values, and `column`, the one that
 * holds the texts, where that is plain; `bare` tells that no column has a usual name, so that the
 * first line may be a row already. `unnamed` is null but for tables of R, whose header lacks a name
 * for the first column: there it is the blank text above the header.
 *
 * @param named the delimiter, where the file names it.
 * @param known the kind, where that was told already, by what is no longer the first line.
 * @throws {Error} in words for the user, where the file is none of the kinds.
 */
export async function inspect(file, named = null, known = null) {
  for (let size = HEAD; ; size *= 2) {
    const whole = file.size <= size;
    const head = new TextDecoder().decode(await file.slice(0, size).arrayBuffer());
    const table = tableOf(file.name, head, whole, named, known);
    const wide = !table.columns.some(({ samples }) => samples.length); // no row ends in the head
    if (wide && !whole && size < MOST_HEAD) continue;
    if (!table.columns.length) {
      throw new Error("The first lines of the file hold no JSON objects. Write one object a line.");
    }
    return { ...table, quoting: await quotingIn(file, table, head, whole) };
  }
}

function tableOf(fileName, text, whole, named, known) {
  if (!text.trim()) throw new Error("The file is empty.");
  const [blank] = BLANK.exec(text);
  const head = text.slice(blank.length);
  const kind = known ?? kindOf(fileName, head);
  if (!kind) {
    throw new Error(`“${fileName}” is not a CSV, TSV or JSON Lines file, nor a spreadsheet ` +
      "(.xlsx, .xls, .ods).");
  }
  if (isBinary(head)) {
    throw new Error(`“${fileName}” is no text, or in UTF-16 without a byte-order mark. Save it as ` +
      "CSV in UTF-8.");
  }
  if (kind === "jsonl" && ARRAY.test(head)) {
    throw new Error(`“${fileName}” is one JSON array, which the page does not read. Write one object ` +
      "a line, without brackets around them and commas between them.");
  }
  const delimiter = kind === "jsonl"
    ? null
    : named ?? (kind === "tsv" ? "\t" : delimiterOf(head, whole));
  const columns = kind === "jsonl" ? fieldsOf(head, whole) : namesOf(head, delimiter, whole);
  // By the names as they are written: of two columns “text” the service takes neither.
  const called = (names) => columns.filter(({ written }) => names.has(plain(written)));
  const first = called(TEXT_NAMES);
  const usual = first.length ? first : called(OTHER_TEXT_NAMES);
  return {
    kind,
    delimiter,
    given: delimiter === NO_DELIMITER ? null : delimiter,
    answered: answeredIn(kind, delimiter),
    columns,
    column: usual.length === 1 ? usual[0].name : null,
    bare: kind !== "jsonl" && !columns.some(({ name }) => USUAL_NAMES.has(plain(name))),
    unnamed: kind !== "jsonl" && rowsAreNamed(head, delimiter, columns, whole) ? blank : null,
  };
}

/** The delimiter of the answer: TSV has tabs, and what is written as CSV has none. */
function answeredIn(kind, delimiter) {
  if (kind === "tsv") return "\t";
  return delimiter === "\t" || delimiter === NO_DELIMITER ? "," : delimiter;
}

async function quotingIn(file, { kind, delimiter, columns, unnamed }, text, whole) {
  if (kind === "jsonl") return null; // it has no such thing
  if (unnamed !== null) return "double"; // it is told once the header is whole
  const head = text.slice(BLANK.exec(text)[0].length);
  return quotingOf(file, { head, whole, delimiter, width: columns.length });
}

/**
 * What tells the service of a column: its name, or its number where it has none. A name goes before a
 * number there, so zeros come in front of one that is a name too. Of JSON Lines the line that goes
 * first (in scoring.js) has this column alone.
 */
export function toldBy({ kind, columns, column }) {
  if (column) return column;
  const place = kind === "jsonl" ? 0 : columns.findIndex(({ name }) => name === column);
  let number = String(1 + place);
  while (columns.some(({ name }) => plain(name) === number)) number = `0${number}`;
  return number;
}

/** Whether lines have nothing in them, so that the header comes below them. */
export const isUnfilled = (lines) => BLANK.exec(lines)[0].length === lines.length;

/** Whether the first line has what no text has, as in tonality/tables/encoding.py. */
function isBinary(head) {
  const [first] = head.split("\n", 1);
  const controls = first.match(/[\0-\x08\x0e-\x1a\x1c-\x1f]/g) ?? [];
  return controls.includes("\0") || controls.length > MOST_CONTROLS * first.length;
}

function kindOf(name, head) {
  const suffix = /\.([^.]+)$/.exec(name.toLowerCase())?.[1];
  const named = Object.keys(KINDS).find((kind) => KINDS[kind].suffixes.includes(suffix));
  if (named) return named;
  const binary = /\0|\ufffd/.test(head.slice(0, 1000));
  const table = !suffix || suffix === "txt";
  if (binary || !table) return null;
  if (/^\s*(?:\[\s*)?\{/.test(head)) return "jsonl";
  const [first] = head.split(/\r?\n/, 1);
  if (/[,;|]/.test(first)) return "csv";
  return first.includes("\t") ? "tsv" : suffix ? "csv" : null; // a .txt may be a list
}

/** The delimiter by the header and the rows, as in tonality/tables/table_head.py. */
function delimiterOf(head, whole) {
  const marks = DELIMITERS.map((delimiter) => {
    const { fields, torn } = firstOf(head, delimiter, whole, 0).header;
    const usual = fields.filter((name) => USUAL_NAMES.has(plain(name))).length;
    const share = shareOf(head, delimiter, whole, "double");
    return { delimiter, width: torn ? 0 : fields.length, share, usual };
  }).filter(({ width }) => width > 1);
  if (!marks.length) return NO_DELIMITER;
  const best = marks.reduce((best, one) => {
    const difference = one.share - best.share || one.usual - best.usual || one.width - best.width;
    return difference > 0 ? one : best;
  });
  // Rows of any number of fields below names that are none: texts with commas in them.
  const unlike = (quoting) => shareOf(head, best.delimiter, whole, quoting) < SURE;
  return !best.usual && ["double", "backslash"].every(unlike) ? NO_DELIMITER : best.delimiter;
}

/** The share of the first rows that have the header's number of fields. */
function shareOf(head, delimiter, whole, quoting) {
  const { header, rows } = firstOf(head, delimiter, whole, RECORDS, quoting);
  const fit = rows.filter((row) => fits(row, header.fields.length));
  return rows.length ? fit.length / rows.length : 1;
}

/** The header and the first rows; one that the end of the head cuts is none of them. */
function firstOf(head, delimiter, whole, count, quoting = "double") {
  const [header, ...rows] = take(records(head, delimiter, quoting, whole), count + 2);
  if (!whole && rows.at(-1)?.end === head.length) rows.pop();
  return { header, rows: rows.slice(0, count) };
}

function* take(items, count) {
  let left = count;
  for (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}

function namesOf(head, delimiter, whole) {
  const { header, rows } = firstOf(head, delimiter, whole, SAMPLES);
  const written = header.fields.map((name) => name.replace(SPACES, ""));
  return distinct(written).map((name, index) => ({
    name,
    written: written[index],
    samples: rows.map(({ fields }) => fields[index] ?? ""),
    texts: true,
  }));
}

/**
 * Whether the rows are named "1", "2", "3" before what the header names, as R writes tables; the
 * rule is that of tonality/tables/table_head.py.
 */
function rowsAreNamed(head, delimiter, columns, whole) {
  const written = columns.map((column) => column.written);
  const header = written.map((name) => `"${name.replaceAll('"', '""')}"`).join(delimiter);
  const [first] = head.split(/\r?\n/, 1);
  if (first.trimEnd() !== header || isId(written[0])) return false;
  return ["double", "backslash"].some((quoting) => {
    const { rows } = firstOf(head, delimiter, whole, NAMED, quoting);
    return rows.length > 1 && rows.every(({ fields, torn, start }, index) =>
      !torn && fields.length === columns.length + 1 &&
      head.startsWith(`"${index + 1}"${delimiter}`, start));
  });
}

/** The second of a name becomes `name_2`, as the service calls it. */
function distinct(names) {
  const taken = new Set(names);
  const times = new Map();
  return names.map((name) => {
    times.set(name, (times.get(name) ?? 0) + 1);
    if (times.get(name) === 1) return name;
    while (taken.has(`${name}_${times.get(name)}`)) times.set(name, times.get(name) + 1);
    taken.add(`${name}_${times.get(name)}`);
    return `${name}_${times.get(name)}`;
  });
}

function fieldsOf(head, whole) {
  const lines = head.split("\n");
  if (!whole) lines.pop();
  const fields = new Map();
  for (const line of lines) {
    const object = objectIn(line);
    for (const [name, value] of Object.entries(object ?? {})) {
      if (!fields.has(name)) fields.set(name, []);
      if (fields.get(name).length < SAMPLES) fields.get(name).push(value);
    }
  }
  return [...fields].map(([name, values]) => ({
    name,
    written: name,
    samples: values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))),
    texts: values.some((value) => typeof value === "string"),
  }));
}

/** The object that a line of JSON holds, or null; not numbers, which Python writes, are null. */
export function objectIn(line) {
  try {
    const value = JSON.parse(line);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    const without = line.replace(/-?\b(?:NaN|Infinity)\b/g, "null");
    return without === line ? null : objectIn(without);
  }
}

const plain = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
