// How the bytes of a file become UTF-8, which is what the service reads. The encoding is chosen once
// for a whole file, as in tonality/tables/utf8_stream.py: a slice alone tells too little.

const BLOCK = 2 ** 20; // bytes read at a time
const SAMPLE = 2 ** 16; // bytes that decide, from the first line on that is no UTF-8
const SURE = 10; // bytes that are no UTF-8 for each sequence that is: two accents may look like one
const RUN = 3; // bytes in a row: accents stand alone or in twos, Cyrillic and Chinese letters do not
const NEWLINE = 0x0a;
export const MARK = "\ufeff";

// In a text of bytes each one over 127 is a character from U+F780 on: so browsers decode this.
const asBytes = (bytes) => new TextDecoder("x-user-defined").decode(bytes);
// Sequences of UTF-8, or the beginnings of usual ones: a dash or quote, an emoji.
const GOOD = new RegExp("[\uf7c2-\uf7df][\uf780-\uf7bf]|[\uf7e0-\uf7ef][\uf780-\uf7bf]{2}|" +
  "[\uf7f0-\uf7f4][\uf780-\uf7bf]{3}|\uf7e2\uf780|\uf7f0\uf79f", "g");
const HIGH = /[\uf780-\uf7ff]+/g;
const UNDEFINED = /([\uf781\uf78d\uf78f\uf790\uf79d])/; // Windows-1252 has no letter for them
// How a file in UTF-16 begins.
const MARKS = { "\uf7ff\uf7fe": "utf-16le", "\uf7fe\uf7ff": "utf-16be" };
const LINES = /[^\r\n]*(?:\r\n?|\n)|[^\r\n]+$/g;

/**
 * The file in UTF-8: what is in UTF-16 with a mark or, as it seems, in Windows-1252 is rewritten.
 */
export async function inUtf8(file) {
  const wide = MARKS[asBytes(await file.slice(0, 2).arrayBuffer())];
  if (wide) return named([MARK, new TextDecoder(wide).decode(await file.arrayBuffer())], file);
  return (await isWindows(file)) ? named(await fromWindows(file), file) : file;
}

const named = (parts, { name, type }) => new File(parts, name, { type });

/** Whether the lines of a file that are no UTF-8 are in Windows-1252, and not damaged. */
async function isWindows(file) {
  let good = 0;
  for await (const { bytes, start } of blocks(file)) {
    if (isUtf8(bytes)) {
      good += sequences(bytes);
      continue;
    }
    for (const { line, at } of linesOf(bytes)) {
      if (isUtf8(line)) good += sequences(line);
      else return decided(await file.slice(start + at, start + at + SAMPLE).arrayBuffer(), good);
    }
  }
  return false;
}

/** The answer by what follows from the first line on that is no UTF-8. */
function decided(sample, good) {
  const bytes = asBytes(sample);
  const sum = (texts) => texts.reduce((total, text) => total + text.length, 0);
  const runs = bytes.match(HIGH) ?? [];
  const found = bytes.match(GOOD) ?? [];
  const alone = sum(runs) - sum(found);
  const western = !UNDEFINED.test(bytes) &&
    2 * sum(runs.filter((run) => run.length >= RUN)) <= sum(runs);
  return western && SURE * (good + found.length) <= alone;
}

/** The file's parts, with each line that is no UTF-8 decoded. */
async function fromWindows(file) {
  const parts = [];
  for await (const { bytes, start } of blocks(file)) {
    if (isUtf8(bytes)) parts.push(file.slice(start, start + bytes.length));
    else for (const { line } of linesOf(bytes)) parts.push(...(isUtf8(line) ? [line] : decoded(line)));
  }
  return parts;
}

/** A line in UTF-8; a byte without a letter stays as it is, and its row cannot be read. */
function decoded(line) {
  let at = 0;
  return asBytes(line).split(UNDEFINED).map((text) => {
    const bytes = line.subarray(at, (at += text.length));
    return UNDEFINED.test(text) ? bytes : new TextDecoder("windows-1252").decode(bytes);
  });
}

/** A file in blocks of whole lines; one that is longer is cut between two characters. */
async function* blocks(file) {
  for (let start = 0; start < file.size;) {
    const bytes = new Uint8Array(await file.slice(start, start + BLOCK).arrayBuffer());
    let end = bytes.length;
    if (start + end < file.size) {
      end = bytes.lastIndexOf(NEWLINE) + 1 || bytes.findLastIndex((byte) => byte < 128) + 1 || end;
    }
    yield { bytes: bytes.subarray(0, end), start };
    start += end;
  }
}

function* linesOf(bytes) {
  let at = 0;
  for (const [text] of asBytes(bytes).matchAll(LINES)) {
    yield { line: bytes.subarray(at, at + text.length), at };
    at += text.length;
  }
}

const sequences = (bytes) => asBytes(bytes).match(/[\uf7c0-\uf7ff]/g)?.length ?? 0;

function isUtf8(bytes) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
