// The text field whose words light up. A field cannot colour its words, so what one sees is a copy
// right under it, set in the same type; the field's own letters are transparent.

import { byId } from "./dom.js";

/** The longest text, in units of UTF-16, that a browser lays out twice at each key at ease. */
export const LONGEST = 60_000;

export class Editor {
  /** @param onInput called after each change by the user or by `value =`. */
  constructor(onInput) {
    this.field = byId("input");
    this.mirror = byId("mirror");
    this.text = "";
    this.marks = [];
    this.onInput = onInput;
    this.field.addEventListener("input", () => this.#changed());
    byId("paper").classList.add("lit");
    this.read = ""; // the text that the marks are of
    byId("paper").addEventListener("click", () => this.field.focus());
  }

  /** Takes in what is in the field unseen: typed before this began, or restored by the browser. */
  catchUp() {
    if (this.field.value !== this.text) this.#changed();
  }

  get value() {
    return this.field.value;
  }

  set value(text) {
    this.field.value = text;
    this.#changed();
    byId("paper").scrollTop = 0;
  }

  get tooLong() {
    return this.text.length > LONGEST;
  }

  /** Lights up what a reading says of a text; what was edited since stays dark. */
  show(reading, text) {
    this.read = text;
    const known = new Set(this.marks.map(keyOf));
    this.marks = reading.marks.map(({ start, end, way, level }) => ({
      start, end, kind: `word ${way} level-${level}`,
    }));
    if (reading.unread) {
      this.marks.push({ ...reading.unread, kind: "unread" });
      this.marks.sort((one, other) => one.start - other.start);
    }
    this.marks = moved(this.marks, text, this.text);
    for (const mark of this.marks) mark.fresh = !known.has(keyOf(mark));
    this.mirror.dataset.up = reading.axis.upTone;
    this.mirror.dataset.down = reading.axis.downTone;
    this.#draw();
  }

  /** Puts all lights out. */
  clear() {
    this.marks = [];
    this.#draw();
  }

  /** Selects a passage of the text that was read and brings it into view, if it is there still. */
  select(passage) {
    const [place] = moved([passage], this.read, this.text);
    if (!place || this.tooLong) return;
    const { start, end } = place;
    this.field.focus({ preventScroll: true });
    this.field.setSelectionRange(start, end);
    const range = document.createRange();
    const [node, offset] = this.#at(start);
    range.setStart(node, offset);
    const paper = byId("paper");
    const above = range.getBoundingClientRect().top - paper.getBoundingClientRect().top;
    paper.scrollTop += above - paper.clientHeight / 3;
    if (paper.getBoundingClientRect().top < 0) paper.scrollIntoView({ block: "nearest" });
  }

  #changed() {
    const text = this.field.value;
    this.marks = moved(this.marks, this.text, text);
    this.text = text;
    byId("paper").classList.toggle("lit", !this.tooLong);
    this.#draw();
    this.onInput();
  }

  #draw() {
    if (this.tooLong) {
      this.mirror.replaceChildren();
      return;
    }
    const parts = document.createDocumentFragment();
    let done = 0;
    for (const { start, end, kind, fresh } of this.marks) {
      if (start > done) parts.append(this.text.slice(done, start));
      const mark = document.createElement("span");
      mark.className = fresh ? `${kind} fresh` : kind;
      mark.textContent = this.text.slice(start, end);
      parts.append(mark);
      done = end;
    }
    // A last empty line has a height only if something stands on it.
    parts.append(`${this.text.slice(done)}\u200b`);
    this.mirror.replaceChildren(parts);
  }

  /** The place of a character in the copy, as a text node and an offset. */
  #at(position) {
    const walker = document.createTreeWalker(this.mirror, NodeFilter.SHOW_TEXT);
    let left = position;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left < node.length) return [node, left];
      left -= node.length;
    }
    return [this.mirror, 0];
  }
}

const keyOf = (mark) => `${mark.start} ${mark.end} ${mark.kind}`;

/** Marks after an edit: those before and behind it stay, those it touches go. */
function moved(marks, before, after) {
  if (!marks.length) return [];
  let head = 0;
  const shorter = Math.min(before.length, after.length);
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const shift = after.length - before.length;
  const kept = [];
  for (const { start, end, kind } of marks) {
    if (end <= head) kept.push({ start, end, kind });
    else if (start >= before.length - tail) {
      kept.push({ start: start + shift, end: end + shift, kind });
    }
  }
  return kept;
}
