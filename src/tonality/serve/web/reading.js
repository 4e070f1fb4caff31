// From the service's answer to what is drawn: places in this text, weights along one axis.

import { scaleOf, UNCERTAIN } from "./labels.js";

const LEVELS = 4;
// In logits: weights under it stay pale even where no other word weighs more.
const LEAST_SCALE = 0.4;
const LEAST = 0.03; // phrases that weigh less than this say nothing

/**
 * What one answer says about a text.
 *
 * Weights are along the axis `up`/`down`: with two labels these are the labels, with more the
 * likeliest label and all that speaks against it.
 */
export function readingOf(answer, text) {
  const scale = scaleOf(answer.labels);
  const place = placesIn(text);
  const turn = scale.both && answer.weighed === scale.down ? -1 : 1;
  const weigh = ({ start, end, weight }) => ({
    start: place(start),
    end: place(end),
    weight: turn * weight,
  });
  const column = answer.labels.indexOf(answer.weighed);
  const tokens = answer.tokens.map((token) => ({
    ...token,
    weight: evidence(token.contributions, column),
  }));
  const words = merged(tokens.map(weigh));
  const most = Math.max(LEAST_SCALE, ...words.map((word) => Math.abs(word.weight)));
  const phrases = answer.phrases.map(weigh).filter(({ weight }) => Math.abs(weight) >= LEAST);
  return {
    text,
    scale,
    most,
    words,
    phrases,
    marks: marksOf(phrases, words, most),
    label: answer.label,
    likeliest: answer.weighed,
    uncertain: answer.label === UNCERTAIN && !answer.labels.includes(UNCERTAIN),
    score: answer.score,
    probabilities: answer.probabilities,
    labels: answer.labels,
    tokensRead: answer.tokens_read,
    tokensLeftOut: answer.tokens_left_out,
    unfamiliar: answer.unfamiliar,
    unread: answer.unread && { start: place(answer.unread[0]), end: place(answer.unread[1]) },
    sentences: answer.sentences.map(weigh),
    axis: axisOf(scale, answer.weighed),
  };
}

/** Names and tones of the two directions. */
function axisOf(scale, weighed) {
  if (scale.both) {
    return { up: `for ${scale.up}`, down: `for ${scale.down}`, upTone: "up", downTone: "down" };
  }
  const upTone = scale.tone(weighed);
  return { up: `for ${weighed}`, down: `against ${weighed}`, upTone, downTone: "against" };
}

/** What a token does for a label against the others, in logits. */
function evidence(contributions, column) {
  const total = contributions.reduce((sum, part) => sum + part, 0);
  const own = contributions[column];
  return own - (total - own) / (contributions.length - 1);
}

/** The service counts characters as Unicode does, a script in units of UTF-16. */
function placesIn(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (place) => place;
  const places = [];
  let unit = 0;
  for (const character of text) {
    places.push(unit);
    unit += character.length;
  }
  places.push(unit);
  return (place) => places[place];
}

/** Tokens of one span, or of spans that overlap, are one word on the page. */
function merged(tokens) {
  const words = [];
  for (const { start, end, weight } of tokens) {
    const last = words.at(-1);
    if (last && start < last.end) {
      last.end = Math.max(end, last.end);
      last.weight += weight;
    } else words.push({ start, end, weight });
  }
  return words;
}

/**
 * What lights up: the phrases, cut at their words, in order.
 *
 * `level` is 0 for what only joins, such as a space or a word of the other sign.
 */
function marksOf(phrases, words, most) {
  const marks = [];
  let next = 0;
  for (const { start, end, weight } of phrases) {
    const way = weight > 0 ? "up" : "down";
    let done = start;
    while (next < words.length && words[next].start < start) next += 1;
    for (; next < words.length && words[next].end <= end; next++) {
      const word = words[next];
      if (word.start > done) marks.push({ start: done, end: word.start, way, level: 0 });
      const level = word.weight > 0 === weight > 0 ? levelOf(word.weight, most) : 0;
      marks.push({ start: word.start, end: word.end, way, level });
      done = word.end;
    }
  }
  return marks;
}

function levelOf(weight, most) {
  return Math.min(LEVELS, Math.round((LEVELS * Math.abs(weight)) / most + 0.35));
}
