// The tone line: each word a bar, up or down, in the order of reading.

import { h, svg } from "./dom.js";

const FEWEST = 48; // bars that fill the width: a short text starts the line, it does not fill it
const HALF = 24;
const CURVE = 0.6; // of heights: under 1, so that the many small weights of a long text show
const GAP = 6; // where a part was not read, in bars

/** Draws a reading; a click on a bar calls `choose` with its word. */
export function toneLine(reading, choose) {
  const { words, unread, most, axis } = reading;
  const cut = unread ? words.findIndex((word) => word.start >= unread.end) : -1;
  const split = unread && cut < 0 ? words.length : cut;
  const gap = unread ? Math.max(GAP, Math.round(words.length / 12)) : 0;
  const place = (index) => index + (unread && index >= split ? gap : 0);
  const width = Math.max(FEWEST, words.length + gap);
  const paths = { up: "", down: "" };
  words.forEach(({ weight }, index) => {
    const tall = Math.max(0.8, HALF * (Math.abs(weight) / most) ** CURVE);
    const top = weight > 0 ? HALF - tall : HALF;
    paths[weight > 0 ? "up" : "down"] +=
      `M${place(index) + 0.14} ${top.toFixed(2)}h.72v${tall.toFixed(2)}h-.72z`;
  });
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${2 * HALF}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "axis", d: `M0 ${HALF}H${width}` }),
    ...(unread
      ? [svg("rect", { class: "gap", x: split + 0.5, width: gap - 1, y: HALF - 5, height: 10 })]
      : []),
    svg("path", { class: "up", d: paths.up }),
    svg("path", { class: "down", d: paths.down }),
  );
  picture.dataset.up = axis.upTone;
  picture.dataset.down = axis.downTone;
  picture.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    const bar = Math.floor(((event.clientX - box.left) / box.width) * width);
    const word = words.find((_, index) => place(index) === bar);
    if (word) choose(word);
  });
  return [
    picture,
    h("p", { className: "ends", "aria-hidden": "true" },
      h("span", {}, `▲ ${axis.up}`), h("span", {}, `▼ ${axis.down}`),
      h("span", {}, "word by word")),
  ];
}
