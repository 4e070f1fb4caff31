// How quotes are meant in a table. It is told once for a whole file, as in
// tonality/tables/quote_escapes.py and tab_records.py: the service sees slices of it, and would tell
// of each by itself.

import { fits, isBlank, recordAt, records } from "./records.js";

const FIRST = 20; // records that tell of CSV
const WINDOW = 2 ** 20; // characters that tell of tabs, from the first field that begins with a quote
const LONGEST = 2 ** 22; // characters of a record that begins there
const BLOCK = 2 ** 20; // bytes read at a time
const QUOTE = 0x22;
const BEFORE = new Set([0x09, 0x0a, 0x0d]); // bytes that such a field follows
const NEWLINE = 0x0a;
const MARK = [0xef, 0xbb, 0xbf];
const ESCAPED = '\\"';

/**
 * How quotes are meant: `double`, `backslash` or `none`.
 *
 * @param head the beginning of the file, with the header first.
 * @param whole whether that is all of the file.
 * @param width how many columns there are.
 */
export function quotingOf(file, { head, whole, delimiter, width }) {
  if (delimiter === "\t") return ofTabs(file, head, width);
  const { end } = records(head, delimiter, "double", whole).next().value; // of the header
  const { seen, ended } = firstRecords(head.slice(end), delimiter, width, whole);
  return areEscaped(seen, delimiter, width, ended) ? "backslash" : "double";
}

async function ofTabs(file, head, width) {
  const start = await firstQuote(file);
  if (start === null) return "none";
  const bytes = await file.slice(start, start + WINDOW + LONGEST).arrayBuffer();
  const text = new TextDecoder().decode(bytes);
  const whole = start + bytes.byteLength === file.size;
  const faults = (quoting) => faultsOf(text, quoting, width);
  const unescaped = faults("double");
  if (!unescaped) return "double";
  const ended = whole && text.length <= WINDOW;
  const seen = ended ? text : text.slice(0, text.lastIndexOf("\n", WINDOW) + 1);
  const escaped = areEscaped(seen, "\t", width, ended);
  const least = escaped ? faults("backslash") : unescaped;
  const names = head.split("\n", 1)[0].trim().split("\t");
  const quoted = names.every((name) => /^".*"$/.test(name));
  if (!quoted && faults("none") < least) return "none";
  return escaped ? "backslash" : "double";
}

/** Where the first line begins that has a field that begins with a quote; null for none. */
async function firstQuote(file) {
  let line = 0;
  let before = NEWLINE;
  for (let offset = 0; offset < file.size; offset += BLOCK) {
    const block = new Uint8Array(await file.slice(offset, offset + BLOCK).arrayBuffer());
    for (let at = block.indexOf(QUOTE); at >= 0; at = block.indexOf(QUOTE, at + 1)) {
      const first = offset === 0 && at === MARK.length && MARK.every((byte, i) => byte === block[i]);
      if (!first && !BEFORE.has(at ? block[at - 1] : before)) continue;
      const begun = at ? block.lastIndexOf(NEWLINE, at - 1) + 1 : 0;
      return begun ? offset + begun : line;
    }
    const end = block.lastIndexOf(NEWLINE) + 1;
    if (end) line = offset + end;
    before = block.at(-1);
  }
  return null;
}

/** How many records are at fault of those that begin in the window. */
function faultsOf(text, quoting, width) {
  let faults = 0;
  for (const { start, good } of linewise(text, "\t", quoting, width)) {
    if (start > WINDOW) break;
    if (!good) faults += 1;
  }
  return faults;
}

/** The text of the first records below the header, and whether none follow. */
function firstRecords(text, delimiter, width, whole) {
  let seen = 0;
  let number = 0;
  let ended = false;
  for (const { reach, open } of linewise(text, delimiter, "double", width)) {
    seen = Math.max(seen, reach);
    ended ||= open;
    if (++number === FIRST) break;
  }
  return { seen: text.slice(0, seen), ended: whole && (ended || number < FIRST) };
}

/**
 * The records of a text, each with the place that was read up to, its `reach`: of one at fault only
 * the first line counts, since a stray quote swallows those below it.
 */
function* linewise(text, delimiter, quoting, width) {
  for (let at = 0; at < text.length;) {
    // An open quote goes to the end, whether or not that is the end of the table.
    const record = recordAt(text, at, delimiter, quoting, false);
    const blank = isBlank(text, record);
    const good = fits(record, width);
    const line = text.indexOf("\n", at) + 1 || text.length;
    if (!blank) yield { ...record, good, reach: record.end };
    at = good || blank ? record.end : line;
  }
}

/** As `are_escaped` in tonality/tables/quote_escapes.py. */
function areEscaped(text, delimiter, width, whole) {
  if (!text.includes(ESCAPED)) return false;
  const { read: plain } = readAll(text, delimiter, "double", width, whole);
  const { read: escaped, end } = readAll(text, delimiter, "backslash", width, whole);
  if (plain.get(end)?.good === false) {
    for (const at of [...plain.keys()]) if (at >= end) plain.delete(at);
  }
  const broken = [...plain.values()].filter(({ good }) => !good);
  const mended = broken.map(({ start }) => escaped.get(start))
    .filter((found) => found?.good && found.marked);
  const aside = ({ start, good }) =>
    !good || mended.some((one) => one.start <= start && start < one.end);
  const alike = ({ start, end: last, marked, good }) =>
    marked || (escaped.get(start)?.good === good && escaped.get(start).end === last);
  const kept = [...plain.values()].every((found) => aside(found) || alike(found));
  const faults = [...escaped.values()].filter(({ good }) => !good).length;
  return mended.length > 0 && kept && faults < broken.length;
}

/** What is read from each place at which a record begins, and where reading ends. */
function readAll(text, delimiter, quoting, width, whole) {
  const read = new Map();
  for (const { start, reach, good, open } of linewise(text, delimiter, quoting, width)) {
    if (open && !whole) return { read, end: start }; // cut off, most likely
    const marked = text.slice(start, reach).includes(ESCAPED);
    read.set(start, { start, end: reach, good, marked });
  }
  return { read, end: text.length };
}
