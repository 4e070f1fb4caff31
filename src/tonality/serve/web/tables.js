// Tables as files: what kind they are, their columns, and their cells.

import { MARK } from "./encoding.js";

/** The kinds that the service takes. */
export const KINDS = {
  csv: { type: "text/csv", suffixes: ["csv"] },
  tsv: { type: "text/tab-separated-values", suffixes: ["tsv", "tab"] },
  jsonl: { type: "application/x-ndjson", suffixes: ["jsonl", "ndjson"] },
};

// As in tonality/tables/column_names.py; compared without case, spaces and punctuation.
const TEXT_NAMES = new Set(
  ("text texts review reviews reviewtext reviewbody content tweet tweettext comment comments " +
    "commenttext body sentence message post document").split(" "),
);
const USUAL_NAMES = new Set([...TEXT_NAMES,
  ..."label labels sentiment class rating ratings stars score id date".split(" ")]);
const DELIMITERS = [",", ";", "\t", "|"];
const NO_DELIMITER = "\u0001"; // where a line is one field
const SURE = 0.8; // of the rows alike
const RECORDS = 50; // that tell between two delimiters
const SEP = /^\ufeff?\s*"?sep=([^\w\s"]|\t)"?[,;\t|"]*[ \t]*\r?\n/i; // Excel's first line
const HEAD = 2 ** 17; // bytes looked at before anything is sent
const SAMPLES = 3;
const MOST_CONTROLS = 0.1; // of the first line; with more it is no text

/**
 * The file without Excel's line that names the delimiter, and the delimiter; null where it names
 * none.
 */
export async function withoutSep(file) {
  const start = new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(await file.slice(0, 200).arrayBuffer());
  const found = SEP.exec(start);
  if (!found) return { file, named: null };
  const rest = file.slice(new TextEncoder().encode(found[0]).length);
  const mark = start.startsWith(MARK) ? MARK : "";
  return { file: new File([mark, rest], file.name, { type: file.type }), named: found[1] };
}

/** The file with a header above its first line, which is a row already. */
export async function withHeader(file, { columns, delimiter }) {
  const names = columns.length === 1 ? ["text"] : columns.map((_, index) => `column_${index + 1}`);
  const mark = new Uint8Array(await file.slice(0, 3).arrayBuffer());
  const marked = mark[0] === 0xef && mark[1] === 0xbb && mark[2] === 0xbf;
  const parts = [marked ? MARK : "", `${names.join(delimiter)}\n`, marked ? file.slice(3) : file];
  return new File(parts, file.name, { type: file.type });
}

/**
 * What one can tell from the beginning of a file in UTF-8: its kind, its delimiter and the one of the
 * answer, whether quotes may hold newlines, the columns with samples of their values, and `column`,
 * the one that holds the texts, where that is plain; `bare` tells that no column has a usual name, so
 * that the first line may be a row already.
 *
 * @param named the delimiter, where the file names it.
 * @param known the kind, where that was told already, by what is no longer the first line.
 * @throws {Error} in words for the user, where the file is none of the kinds.
 */
export async function inspect(file, named = null, known = null) {
  const head = new TextDecoder().decode(await file.slice(0, HEAD).arrayBuffer());
  if (!head.trim()) throw new Error("The file is empty.");
  const kind = known ?? kindOf(file.name, head);
  if (!kind) {
    throw new Error(`“${file.name}” is not a CSV, TSV or JSON Lines file, nor a spreadsheet ` +
      "(.xlsx, .xls, .ods).");
  }
  if (isBinary(head)) {
    throw new Error(`“${file.name}” is no text, or in UTF-16 without a byte-order mark. Save it as ` +
      "CSV in UTF-8.");
  }
  const whole = file.size <= HEAD;
  const delimiter = named ?? (kind === "tsv" ? "\t" : delimiterOf(head, whole));
  // What is written as CSV has no tabs between its fields, even if what was read has.
  const commas = delimiter === "\t" || delimiter === NO_DELIMITER;
  const answered = kind === "csv" && commas ? "," : delimiter;
  const columns = kind === "jsonl" ? fieldsOf(head, whole) : namesOf(head, delimiter, whole);
  if (!columns.length) throw new Error("The first lines of the file hold no JSON objects.");
  const quoted = kind === "csv" || (kind === "tsv" && readsCleanly(head, delimiter, whole));
  // By the names as they are written: of two columns “text” the service takes neither.
  const usual = columns.filter(({ written }) => TEXT_NAMES.has(plain(written)));
  const column = usual.length === 1 ? usual[0].name : null;
  const bare = kind !== "jsonl" && !columns.some(({ name }) => USUAL_NAMES.has(plain(name)));
  const given = kind === "jsonl" || delimiter === NO_DELIMITER ? null : delimiter;
  return { kind, delimiter, given, answered, quoted, columns, column, bare };
}

/**
 * What tells the service of a column: its name, or its number where it has none. A name goes before a
 * number there, so zeros come in front of one that is a name too.
 */
export function toldBy({ columns, column }) {
  if (column) return column;
  let number = String(1 + columns.findIndex(({ name }) => name === column));
  while (columns.some(({ name }) => plain(name) === number)) number = `0${number}`;
  return number;
}

/** The records of a delimited text, each a list of fields; blank lines do not count. */
export function parseDelimited(text, delimiter) {
  const records = [];
  const field = new RegExp(`"((?:[^"]|"")*)"|[^${delimiter}\\r\\n]*`, "y");
  let record = [];
  let at = 0;
  while (at < text.length) {
    field.lastIndex = at;
    const [raw, quoted] = field.exec(text);
    at += raw.length;
    record.push(quoted === undefined ? raw : quoted.replaceAll('""', '"'));
    if (text[at] === delimiter) {
      at += 1;
      if (at === text.length) record.push("");
      else continue;
    } else if (at < text.length && text[at] !== "\r" && text[at] !== "\n") {
      record[record.length - 1] += text[at]; // what follows a closed quote is not lost
      at += 1;
      continue;
    }
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
  }
  return records;
}

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
  if (head.trimStart().startsWith("{")) return "jsonl";
  const [first] = head.split(/\r?\n/, 1);
  if (/[,;|]/.test(first)) return "csv";
  return first.includes("\t") ? "tsv" : suffix ? "csv" : null; // a .txt may be a list
}

/** The delimiter by the header and the rows, as in tonality/tables/table_head.py. */
function delimiterOf(head, whole) {
  const marks = DELIMITERS.map((delimiter) => {
    const [names, ...rows] = parseDelimited(head.replace(/^\ufeff/, ""), delimiter);
    if (!whole) rows.pop(); // most likely cut
    const first = rows.slice(0, RECORDS);
    const fit = first.filter((row) => row.length === names.length ||
      (row.length === names.length + 1 && !row.at(-1).trim())).length;
    const usual = names.filter((name) => USUAL_NAMES.has(plain(name))).length;
    return { delimiter, width: names.length, share: first.length ? fit / first.length : 1, usual };
  }).filter(({ width }) => width > 1);
  if (!marks.length) return NO_DELIMITER;
  const best = marks.reduce((best, one) => {
    const difference = one.share - best.share || one.usual - best.usual || one.width - best.width;
    return difference > 0 ? one : best;
  });
  // Rows of any number of fields below names that are none: texts with commas in them.
  return best.share < SURE && !best.usual ? NO_DELIMITER : best.delimiter;
}

function namesOf(head, delimiter, whole) {
  const [names, ...rows] = parseDelimited(head.replace(/^\ufeff/, ""), delimiter);
  if (!whole) rows.pop(); // most likely cut
  const written = names.map((name) => name.trim());
  return distinct(written).map((name, index) => ({
    name,
    written: written[index],
    samples: rows.slice(0, SAMPLES).map((row) => row[index] ?? ""),
    texts: true,
  }));
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

/** Of tab-separated files there are those with quoting, and those where a quote is a character. */
function readsCleanly(head, delimiter, whole) {
  const records = parseDelimited(head, delimiter);
  if (!whole) records.pop();
  return records.every((record) => record.length === records[0].length);
}

function fieldsOf(head, whole) {
  const lines = head.replace(/^\ufeff/, "").split("\n");
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
