// A file in slices of whole rows, so that each can be sent by itself: a slice that was lost on the
// way is sent again, and no answer has to be read while a file is still being sent, which browsers
// do not do.

const FIRST = 2 ** 15; // bytes: the first answer is to come at once
const USUAL = 2 ** 18;
const LONGEST_ROW = 2 ** 22; // a quote that never closes does not make one row of all the rest
const BLOCK = 2 ** 20;
const QUOTE = 0x22;
const SPACE = 0x20;
const NEWLINE = 0x0a;

/**
 * Yields `{rows, end}`: rows as a Blob, and the byte of the file after them.
 *
 * Every slice begins with the header, or of JSON Lines with the file's first line.
 */
export async function* slices(file, delimiter) {
  const whole = await inUtf8(file);
  const scanner = new Scanner(delimiter);
  let header = null;
  let start = 0;
  for (let offset = 0; offset < whole.size; offset += BLOCK) {
    const block = new Uint8Array(await whole.slice(offset, offset + BLOCK).arrayBuffer());
    for (const end of scanner.ends(block, offset)) {
      if (header === null) {
        header = whole.slice(0, end);
        start = end;
      } else if (end - start >= (start === header.size ? FIRST : USUAL)) {
        yield { rows: new Blob([header, whole.slice(start, end)]), end };
        start = end;
      }
    }
  }
  if (header === null) header = whole.slice(0, (start = whole.size));
  if (start < whole.size || start === header.size) {
    const rows = new Blob([header, whole.slice(start)]);
    yield { rows, end: whole.size };
  }
}

/** Finds the ends of rows: newlines that are not in quotes. */
export class Scanner {
  /** @param delimiter null where rows are lines, whatever quotes they hold. */
  constructor(delimiter) {
    this.delimiter = delimiter?.charCodeAt(0);
    this.quoted = false;
    this.fresh = true; // at the start of a field, the only place where a quote opens
    this.filled = false; // a blank line goes with the row after it
    this.row = 0;
  }

  *ends(block, offset) {
    for (let index = 0; index < block.length; index++) {
      const byte = block[index];
      if (byte === NEWLINE && (!this.quoted || offset + index - this.row > LONGEST_ROW)) {
        this.quoted = false;
        this.fresh = true;
        if (this.filled) yield offset + index + 1;
        this.filled = false;
        this.row = offset + index + 1;
        continue;
      }
      if (byte > SPACE) this.filled = true;
      if (this.delimiter === undefined) continue;
      if (byte === QUOTE) {
        // Of a doubled quote the first one closes and the second one opens again.
        if (this.quoted || this.fresh) this.quoted = !this.quoted;
      } else if (!this.quoted) this.fresh = byte === this.delimiter;
    }
  }
}

/** Rows are found by their bytes, which UTF-16 would need other ones for. */
async function inUtf8(file) {
  const [one, two] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const mark = (one << 8) | two;
  if (mark !== 0xfffe && mark !== 0xfeff) return file;
  const decoder = new TextDecoder(mark === 0xfffe ? "utf-16le" : "utf-16be");
  return new Blob([decoder.decode(await file.arrayBuffer())]);
}
