// Why: the passages that weigh most, and the text sentence by sentence.

import { h, unseen } from "./dom.js";
import { clip, signed } from "./format.js";

const STRONGEST = 4;
const QUIET = 0.1; // phrases under this share of the strongest one are left out
const LONGEST_PHRASE = 60;
const LONGEST_SENTENCE = 220;

/** The panels for a reading; `choose` is called with the passage that was pressed. */
export function whyPanels(reading, choose) {
  const panels = [phrasesPanel(reading, choose)];
  if (reading.sentences.length > 1) panels.push(sentencesPanel(reading, choose));
  return panels;
}

/** How to read the colours. */
export function key(axis) {
  const sample = (kind, tone, text, means) => h("li", {},
    h("span", { className: `word ${kind} level-3`, "data-up": tone, "data-down": tone }, text),
    ` ${means}`);
  return h("section", { className: "card key", "aria-labelledby": "key-of-colours" },
    h("h2", { id: "key-of-colours" }, "How to read it"),
    h("ul", {},
      sample("up", axis.upTone, "solid", `speaks ${axis.up}`),
      sample("down", axis.downTone, "dotted", `speaks ${axis.down}`),
      h("li", {}, h("span", { className: "unread" }, "pale"), " was not read: the text is too long")),
    h("p", { className: "quiet" }, "The deeper the colour, the more a word weighs. " +
      `A weight with\u00a0+ speaks ${axis.up}, one with\u00a0\u2212 speaks ${axis.down}. ` +
      "A weight of 2 counts twice as much as 1."));
}

function phrasesPanel(reading, choose) {
  const { axis } = reading;
  const ranked = [...reading.phrases].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const most = Math.max(reading.most, Math.abs(ranked[0]?.weight ?? 0));
  const side = (name, tone, sign) => {
    const phrases = ranked
      .filter(({ weight }) => weight * sign > QUIET * most)
      .slice(0, STRONGEST);
    return h("div", {}, h("h3", {}, `Speaks ${name}`), phrases.length
      ? h("ol", { className: "phrases" }, ...phrases.map((phrase) => {
          const bar = h("span", { className: "bar", "data-tone": tone });
          bar.style.inlineSize = `${((100 * Math.abs(phrase.weight)) / most).toFixed(1)}%`;
          return h("li", {}, passage(reading, phrase, LONGEST_PHRASE, choose),
            h("b", {}, signed(phrase.weight)), bar);
        }))
      : h("p", { className: "quiet" }, "Nothing to speak of."));
  };
  return h("section", { className: "card", "aria-labelledby": "weighs-most" },
    h("h2", { id: "weighs-most" }, "What weighs most"),
    h("div", { className: "pair" }, side(axis.up, axis.upTone, 1), side(axis.down, axis.downTone, -1)));
}

/** Bars grow from the middle to the side of their sign. */
function sentencesPanel(reading, choose) {
  const { axis, sentences } = reading;
  const most = Math.max(reading.most, ...sentences.map(({ weight }) => Math.abs(weight)));
  return h("section", { className: "card", "aria-labelledby": "by-sentence" },
    h("h2", { id: "by-sentence" }, "Sentence by sentence"),
    h("ol", { className: "sentences" }, ...sentences.map((sentence) => {
      const { weight } = sentence;
      const tone = weight > 0 ? axis.upTone : axis.downTone;
      const bar = h("span", { className: "bar", "data-tone": tone });
      bar.style.inlineSize = `${Math.max(2, (50 * Math.abs(weight)) / most).toFixed(1)}%`;
      return h("li", {}, passage(reading, sentence, LONGEST_SENTENCE, choose),
        h("b", {}, signed(weight)),
        h("span", { className: `rail ${weight < 0 ? "below" : "above"}` }, bar));
    })));
}

function passage({ text }, { start, end }, length, choose) {
  const words = clip(text.slice(start, end), length);
  return h("button", { type: "button", className: "passage", dir: "auto",
    onclick: () => choose({ start, end }) }, words, unseen(", show in the text"));
}
