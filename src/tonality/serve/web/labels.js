// Which label is which end of the scale, and the tone each is drawn in.

const POSITIVE = new Set(["positive", "pos", "good", "very positive", "favourable", "favorable"]);
const NEGATIVE = new Set(["negative", "neg", "bad", "very negative", "unfavourable", "unfavorable"]);

export const UNCERTAIN = "uncertain";

/**
 * The two ends: the labels called positive and negative, else the last and the first.
 * `lean` goes from -1, all at the lower end, to 1, all at the upper.
 */
export function scaleOf(labels) {
  const up = labels.find((label) => POSITIVE.has(label.toLowerCase())) ?? labels.at(-1);
  const down = labels.find((label) => NEGATIVE.has(label.toLowerCase())) ?? labels[0];
  const both = labels.length === 2;
  return {
    up,
    down,
    both,
    lean: (probabilities) => probabilities[up] - probabilities[down],
    tone: (label) => (label === up ? "up" : label === down ? "down" : "middle"),
  };
}
