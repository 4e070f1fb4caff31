// A file in slices of whole rows, so that each can be sent by itself: a slice that was lost on the
// way is sent again. Nor could a large file go in one piece: the service answers as it reads and
// waits for its answer to be taken, but a browser sends all before it takes any.

import { isUnfilled } from "./tables.js";

const FIRST = 2 ** 14; // bytes: the first answer is to come at once
const USUAL = 2 ** 16; // what a system takes in before a program reads any of it
const LONGEST_ROW = 2 ** 22; // characters, as the service: a quote may never be closed
const BLOCK = 2 ** 20;
const MARK = [0xef, 0xbb, 0xbf]; // comes before the first field
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const NEWLINE = 0x0a;

/**
 * Yields `{rows, end}` of a file in UTF-8: rows as a Blob, and the byte of the file after them.
 *
 * Every slice begins with the header.
 *
 * @param delimiter null where rows are lines, whatever quotes they hold.
 * @param quoting how quotes are meant otherwise.
 * @param own the header of a file that has none; null where its first row is the header.
 */
export async function* slices(file, delimiter, quoting = "double", own = null) {
  const scanner = new Scanner(quoting === "none" ? null : delimiter, quoting === "backslash");
  // Read before it is sent, since a file that changes meanwhile would look like a lost connection.
  const bytes = (start, end) => file.slice(start, end).arrayBuffer();
  let header = own;
  let body = own === null ? 0 : markOf(new Uint8Array(await bytes(0, MARK.length))); // of the rows
  let start = body;
  for (let offset = 0; offset < file.size; offset += BLOCK) {
    for (const end of scanner.ends(new Uint8Array(await bytes(offset, offset + BLOCK)), offset)) {
      if (header === null) {
        const first = await bytes(0, end);
        if (isUnfilled(new TextDecoder().decode(first))) continue;
        header = first;
        body = start = end;
      } else if (end - start >= (start === body ? FIRST : USUAL)) {
        yield { rows: new Blob([header, await bytes(start, end)]), end };
        start = end;
      }
    }
  }
  if (header === null) {
    // With a line end the service knows it for a header alone.
    yield { rows: new Blob([await bytes(0, file.size), "\n"]), end: file.size };
  } else if (start < file.size || start === body) {
    yield { rows: new Blob([header, await bytes(start, file.size)]), end: file.size };
  }
}

/** How many bytes the mark has at the beginning of a file. */
const markOf = (head) => (MARK.every((byte, at) => byte === head[at]) ? MARK.length : 0);

/** Finds the ends of rows: newlines that are not in quotes. */
export class Scanner {
  /**
   * @param delimiter null where rows are lines, whatever quotes they hold.
   * @param escaped whether a backslash stands before a quote in a text.
   * @param longest characters of a row, from which on no quote holds a newline any more.
   */
  constructor(delimiter, escaped = false, longest = LONGEST_ROW) {
    this.delimiter = delimiter?.charCodeAt(0);
    this.escaped = escaped;
    this.longest = longest;
    this.quoted = false;
    this.fresh = true; // at the start of a field, the only place where a quote opens
    this.filled = false; // a blank line goes with the row after it
    this.characters = 0; // of the row
    this.backslash = false; // stands right before, and escapes
  }

  *ends(block, offset) {
    for (let index = 0; index < block.length; index++) {
      const byte = block[index];
      if ((byte & 0xc0) !== 0x80) this.characters += 1; // the first byte of one
      if (byte === NEWLINE && (!this.quoted || this.characters > this.longest)) {
        this.quoted = false;
        this.fresh = true;
        if (this.filled) yield offset + index + 1;
        this.filled = false;
        this.characters = 0;
        this.backslash = false;
        continue;
      }
      if (byte > SPACE) this.filled = true;
      if (this.delimiter === undefined || byte === MARK[offset + index]) continue;
      const literal = this.backslash;
      this.backslash = this.escaped && byte === BACKSLASH && !literal;
      if (byte === QUOTE && !literal) {
        // Of a doubled quote the first one closes and the second one opens again.
        if (this.quoted || this.fresh) this.quoted = !this.quoted;
      } else if (!this.quoted) this.fresh = byte === this.delimiter;
    }
  }
}
