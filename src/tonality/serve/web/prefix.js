// What the columns' names begin with that scoring adds: chosen for a whole file, since the service
// sees slices of it, and would choose for each by itself.

import { slices } from "./slices.js";
import { objectIn } from "./tables.js";

/** The names of all fields of a file of JSON Lines. */
export async function fieldsOf(file, signal) {
  const names = new Set();
  for await (const { rows } of slices(file, null, "none", "")) {
    signal.throwIfAborted();
    for (const line of (await rows.text()).split("\n")) {
      for (const name of Object.keys(objectIn(line) ?? {})) names.add(name);
    }
  }
  return names;
}

/** As the service chooses: nothing, else `tonality_`, else `tonality_2_` and so on. */
export function freePrefix(taken, labels) {
  const added = ["label", "score", ...labels.map((label) => `p_${label}`), "tokens_read",
    "tokens_left_out", "unfamiliar", "error"];
  let prefix = "";
  for (let number = 1; added.some((name) => taken.has(prefix + name)); number++) {
    prefix = number === 1 ? "tonality_" : `tonality_${number}_`;
  }
  return prefix;
}
