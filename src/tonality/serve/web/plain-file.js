// Files as people have them, made the text that they hold: most gzip is unpacked here, the rest by
// the service.

import { unpack } from "./api.js";
import { steadily } from "./connection.js";
import { MARK } from "./encoding.js";
import { KINDS } from "./tables.js";

const EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SHEETS = {
  xlsx: EXCEL,
  xlsm: EXCEL,
  xls: "application/vnd.ms-excel",
  ods: "application/vnd.oasis.opendocument.spreadsheet",
};
const AS_CSV = "Spreadsheets come back as CSV.";
const UNPACKED = "Packed files come back unpacked.";
const PACKED = /^(.*)\.(gz|bz2|xz|zst)$/i;

/**
 * The table in a file as CSV, TSV or JSON Lines, and the names of the sheets where it is a
 * spreadsheet: first the one that was read, then the others. `note` tells where the scored file will
 * be of another kind than the one given.
 *
 * @param sheet the sheet to read; null for the first that holds something.
 * @throws {Error} in words for the user, where it is damaged.
 */
export async function plainFile(file, sheet = null) {
  const [, stem, suffix] = /^(.*?)\.([^.]*)$/.exec(file.name) ?? [null, file.name, ""];
  const type = SHEETS[suffix.toLowerCase()];
  if (type) {
    const { text, sheets } = await steadily(() => unpack(file, type, sheet));
    // Excel, from which it came, takes CSV for UTF-8 by the mark.
    return { file: new File([MARK, text], `${stem}.csv`), sheets, note: AS_CSV };
  }
  const packed = PACKED.exec(file.name);
  if (!packed) return { file, sheets: [], note: null };
  const [, name, packing] = packed;
  const here = packing.toLowerCase() === "gz" && "DecompressionStream" in window;
  const text = (here && (await gunzipped(file))) ||
    (await steadily(() => unpack(file, typeOf(name), null))).text;
  return { file: new File([text], name), sheets: [], note: UNPACKED };
}

/** The text of a gzip file; null where the browser cannot tell: it may have several members. */
async function gunzipped(file) {
  const stream = file.stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await new Response(stream).blob();
  } catch {
    return null;
  }
}

function typeOf(name) {
  const suffix = name.toLowerCase().split(".").pop();
  const kind = Object.values(KINDS).find(({ suffixes }) => suffixes.includes(suffix));
  return (kind ?? KINDS.csv).type;
}
