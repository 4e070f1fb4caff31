// A file as a table that can be read in slices: in UTF-8, below a header that names its columns.

import { inUtf8, MARK } from "./encoding.js";
import { inspect } from "./tables.js";

const SEP = /^\ufeff?\s*"?sep=([^\w\s"]|\t)"?[,;\t|"]*[ \t]*\r?\n/i; // Excel's first line

/**
 * What is in a file, as `{file, table}`: the file as it can be read, and what `inspect` tells of it.
 *
 * @throws {Error} in words for the user, where it is no table.
 */
export async function tableIn(given) {
  const { file, named } = await withoutSep(await inUtf8(given));
  const table = await inspect(file, named);
  if (table.unnamed === null) return { file, table };
  const whole = withFirst(await marked(file), table.unnamed, `""${table.delimiter}`);
  return { file: whole, table: await inspect(whole, table.delimiter, table.kind) };
}

/** The file with a header above its first line, which is a row already. */
export async function withHeader(file, { columns, delimiter }) {
  const names = columns.length === 1 ? ["text"] : columns.map((_, index) => `column_${index + 1}`);
  return withFirst(await marked(file), "", `${names.join(delimiter)}\n`);
}

/**
 * The file without Excel's line that names the delimiter, and the delimiter; null where it names
 * none.
 */
async function withoutSep(file) {
  const start = new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(await file.slice(0, 200).arrayBuffer());
  const found = SEP.exec(start);
  if (!found) return { file, named: null };
  const rest = file.slice(new TextEncoder().encode(found[0]).length);
  const mark = start.startsWith(MARK) ? MARK : "";
  return { file: new File([mark, rest], file.name, { type: file.type }), named: found[1] };
}

/** The file, and whether it begins with a byte-order mark. */
async function marked(file) {
  const [one, two, three] = new Uint8Array(await file.slice(0, 3).arrayBuffer());
  return { file, mark: one === 0xef && two === 0xbb && three === 0xbf };
}

/** The file with something written in it behind its mark and the blank lines that are given. */
function withFirst({ file, mark }, blank, written) {
  const body = file.slice(mark ? 3 : 0);
  const rest = body.slice(new TextEncoder().encode(blank).length);
  return new File([mark ? MARK : "", blank, written, rest], file.name, { type: file.type });
}
