// The verdict in large: the label, how probable, and where that lies on the scale.

import { h, svg } from "./dom.js";
import { count, percent, whole } from "./format.js";

const LONG_LIST = 8;
const UNFAMILIAR = "The model knows few of these words: another language?";

/** The panel for a reading; `abstain` is the score under which the model is uncertain. */
export function verdictPanel(reading, abstain) {
  const { scale, probabilities, label, likeliest, uncertain, score } = reading;
  if (label === null) {
    return [h("div", { className: "said" },
      h("p", { className: "name", "data-tone": "middle" }, "no text"),
      h("p", { className: "how" }, "nothing was read, so there is no verdict"))];
  }
  const tone = uncertain ? "middle" : scale.tone(label);
  const name = h("p", { className: "name", "data-tone": tone, dir: "auto" }, label);
  const how = h("p", { className: "how" }, h("strong", {}, percent(score)),
    uncertain ? ` ${likeliest}; it takes ${percent(abstain)} to say so` : " probable");
  const picture = scale.both ? gauge(reading, abstain) : ranking(probabilities, scale);
  const doubt = reading.unfamiliar ? [h("p", { className: "how doubt" }, UNFAMILIAR)] : [];
  return [h("div", { className: "said" }, name, how, ...doubt), picture];
}

/** What a screen reader says of a reading. */
export function verdictInWords(reading) {
  const { label, likeliest, uncertain, score, tokensRead, tokensLeftOut, unfamiliar } = reading;
  if (label === null) return "Nothing was read, so there is no verdict.";
  const verdict = uncertain
    ? `Uncertain; ${percent(score)} for ${likeliest}.`
    : `${label}, ${percent(score)}.`;
  const read = `${count(tokensRead, "token")} read`;
  const doubt = unfamiliar ? ` ${UNFAMILIAR}` : "";
  return `${verdict} ${read}${tokensLeftOut ? `, ${whole(tokensLeftOut)} left out` : ""}.${doubt}`;
}

/** What was not read, in words. */
export function cutInWords({ unread, text, tokensRead, tokensLeftOut }) {
  const part = unread.start === 0 ? "beginning" : unread.end === text.length ? "end" : "middle";
  return `Too long to read whole: ${count(tokensRead, "token")} read, ${whole(tokensLeftOut)} ` +
    `left out. The ${part}, shown pale, had no say.`;
}

function gauge({ scale, probabilities }, abstain) {
  const share = probabilities[scale.up];
  const x = (value) => (100 * value).toFixed(2);
  const fill = { y: 6, height: 8, x: x(Math.min(share, 0.5)), width: x(Math.abs(share - 0.5)) };
  const band = abstain > 0.5
    ? [svg("rect", { class: "band", x: x(1 - abstain), width: x(2 * abstain - 1), y: 2,
        height: 16 })]
    : [];
  const picture = svg("svg",
    { viewBox: "0 0 100 20", preserveAspectRatio: "none" },
    ...band,
    svg("rect", { class: "track", x: 0, width: 100, y: 6, height: 8 }),
    svg("rect", { class: share > 0.5 ? "up" : "down", ...fill }),
    svg("rect", { class: "middle", x: 49.9, width: 0.2, y: 2, height: 16 }));
  const needle = h("span", { className: "needle" });
  needle.style.insetInlineStart = `${x(share)}%`;
  return h("div", { className: "gauge", "aria-hidden": "true" },
    h("div", { className: "dial" }, picture, needle),
    h("p", { className: "poles" }, h("span", {}, scale.down), h("span", {}, scale.up)));
}

/** More than two labels: the likeliest first, each with its bar. */
function ranking(probabilities, scale) {
  const ranked = Object.entries(probabilities).sort(([, one], [, other]) => other - one);
  return h("ol", { className: "ranking" }, ...ranked.slice(0, LONG_LIST).map(([label, share]) => {
    const bar = h("span", { className: "bar", "data-tone": scale.tone(label) });
    bar.style.inlineSize = `${(100 * share).toFixed(1)}%`;
    return h("li", {}, h("span", { dir: "auto" }, label), h("span", { className: "rail" }, bar),
      h("b", {}, percent(share)));
  }));
}
