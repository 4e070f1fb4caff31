// Numbers as people read them.

const WHOLE = new Intl.NumberFormat("en");
const MINUS = "\u2212";

export const whole = (number) => WHOLE.format(number);

export const count = (number, one, many = `${one}s`) =>
  `${whole(number)} ${number === 1 ? one : many}`;

/** A probability; what is nearly certain is not called certain. */
export function percent(share) {
  if (share > 0 && share < 0.0005) return "<0.1%";
  if (share < 1 && share >= 0.9995) return ">99.9%";
  return `${(100 * share).toFixed(1)}%`;
}

/** A weight in logits, with its sign. */
export const signed = (weight) =>
  `${weight < 0 ? MINUS : "+"}${Math.abs(weight).toFixed(2)}`;

export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A stretch of time, roughly. */
export function duration(seconds) {
  if (seconds < 90) return count(Math.max(1, Math.round(seconds)), "second");
  return count(Math.round(seconds / 60), "minute");
}

/** A text cut to a length for a list, its white space made one line. */
export function clip(text, length) {
  const line = text.slice(0, 4 * length).replace(/\s+/g, " ").trim();
  const points = Array.from(line.slice(0, 2 * length));
  return points.length > length ? `${points.slice(0, length - 1).join("")}…` : line;
}
