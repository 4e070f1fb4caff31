// The records of a delimited text, as in tonality/tables/delimited.py.

/** The records of a delimited text, each a list of fields; blank lines do not count. */
export const parseDelimited = (text, delimiter) =>
  [...records(text, delimiter)].map(({ fields }) => fields);

/**
 * Yields `{fields, torn, open, start, end}`. Torn is a record that is no CSV: something follows a
 * closed quote, or a quote is never closed, and the record is taken to end with its line. Where the
 * text is not whole such a quote is `open` instead, and the record goes to the end.
 *
 * @param quoting one of `double`, `backslash` and `none`, as the service calls them.
 * @param whole whether nothing follows the text.
 */
export function* records(text, delimiter, quoting = "double", whole = true) {
  for (let at = 0; at < text.length;) {
    const record = recordAt(text, at, delimiter, quoting, whole);
    at = record.end;
    if (!isBlank(text, record)) yield record;
  }
}

/** Whether a record is a line with nothing in it. */
export const isBlank = (text, { fields, start }) =>
  fields.length === 1 && (text[start] === "\r" || text[start] === "\n");

/** Whether a record has so many fields; it may end in one delimiter more. */
export function fits({ fields, torn, open }, width) {
  const more = fields.length === width + 1 && !fields.at(-1).trim();
  return !torn && !open && (fields.length === width || more);
}

/** The record that begins at a place. */
export function recordAt(text, start, delimiter, quoting, whole) {
  const record = { fields: [], torn: false, open: false, start, end: start };
  do {
    if (record.fields.length) record.end += 1; // the delimiter
    readField(record, text, delimiter, quoting, whole);
  } while (text[record.end] === delimiter);
  if (text[record.end] === "\r") record.end += 1;
  if (text[record.end] === "\n") record.end += 1;
  return record;
}

function readField(record, text, delimiter, quoting, whole) {
  const { end: at } = record;
  let value = "";
  if (text[at] === '"' && quoting !== "none") {
    const close = closing(text, at + 1, quoting === "backslash");
    record.open = close < 0 && !whole;
    record.torn ||= close < 0 && whole;
    if (close >= 0) {
      value = text.slice(at + 1, close).replaceAll('""', '"');
      record.end = close + 1;
    }
  }
  const closed = record.end > at;
  let last = record.open ? text.length : record.end;
  while (last < text.length && text[last] !== delimiter && !"\r\n".includes(text[last])) last += 1;
  const more = text.slice(record.end, last);
  record.torn ||= closed && more !== "";
  record.end = last;
  record.fields.push(value + more); // what follows a closed quote is not lost
}

/** Where the quote is that closes; -1 for nowhere. */
function closing(text, from, escaped) {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (escaped && before > from && text[before - 1] === "\\") before -= 1;
    if ((at - before) % 2) continue;
    if (text[at + 1] !== '"') return at;
    at += 1;
  }
  return -1;
}
