// The view of one text: asks as one types, and shows the latest answer only.

import { explain, inWords } from "./api.js";
import { steadily } from "./connection.js";
import { byId, h } from "./dom.js";
import { Editor } from "./editor.js";
import { EXAMPLES } from "./examples.js";
import { count, whole } from "./format.js";
import { readingOf } from "./reading.js";
import { toneLine } from "./tone.js";
import { cutInWords, verdictInWords, verdictPanel } from "./verdict.js";
import { key, whyPanels } from "./why.js";

// Milliseconds.
const REST = 140; // after the last key
const LONGEST_WAIT = 500; // while one types on and on
const SPEAK = 1200; // a screen reader is not to talk over typing
const SLOW = 400; // from here on a wait is shown
const LONG_REST = 1000; // after the last key in a text too long to light up
const GAP = "\n…\n"; // stands for what of a long text is not sent

export class TextView {
  constructor(models) {
    this.models = models;
    this.editor = new Editor(() => this.#changed());
    this.waiting = 0;
    this.since = 0;
    this.asking = null;
    byId("clear").addEventListener("click", () => this.open(""));
    const chips = EXAMPLES.map(([name, text]) => h("button", { type: "button", className: "chip",
      onclick: () => this.open(text) }, name));
    byId("examples").append(h("span", { className: "quiet" }, "Try"), ...chips);
    this.version = null; // of the model that gave the verdict shown
    models.onChange(() => this.#remodelled());
    this.#blank();
    this.editor.catchUp();
    window.addEventListener("pageshow", () => this.editor.catchUp());
  }

  /** Puts a text into the field, and the caret at its start. */
  open(text) {
    this.asking?.abort(); // its answer would be of another text
    this.editor.value = text;
    this.editor.field.setSelectionRange(0, 0);
    // On a phone the focus would bring up the keyboard, which hides the verdict.
    if (matchMedia("(pointer: fine)").matches) this.editor.field.focus();
  }

  #changed() {
    byId("clear").hidden = !this.editor.value;
    const now = performance.now();
    if (!this.waiting) this.since = now;
    clearTimeout(this.waiting);
    this.waiting = 0;
    const rest = this.editor.tooLong
      ? LONG_REST
      : Math.max(0, Math.min(REST, this.since + LONGEST_WAIT - now));
    this.waiting = setTimeout(() => this.#read(), rest);
  }

  /** A verdict of another model than the one that answers now is asked for anew. */
  #remodelled() {
    if (!this.editor.value) this.#blank();
    else if (!this.asking && this.version && this.version !== this.models.current?.version) {
      this.#read();
    }
  }

  async #read() {
    this.waiting = 0;
    this.asking?.abort();
    byId("reading").textContent = "";
    const asking = (this.asking = new AbortController());
    const typed = this.editor.value;
    const text = sendable(typed, this.models.current?.max_text_length ?? Infinity);
    if (!text.trim()) {
      this.asking = null;
      return this.#blank();
    }
    const slow = setTimeout(() => (byId("reading").textContent = "waiting…"), SLOW);
    try {
      const answer = await steadily(() => explain(text, asking.signal), asking.signal);
      await this.models.seen(answer.version);
      if (asking.signal.aborted) return;
      if (text.length === typed.length) this.#show(readingOf(answer, text), typed);
      else this.#showShort(readingOf(answer, text), typed);
      this.version = answer.version; // known of a text without marks, too
    } catch (error) {
      if (!asking.signal.aborted) this.#refused(error);
    } finally {
      clearTimeout(slow);
      if (asking === this.asking) {
        this.asking = null;
        byId("reading").textContent = "";
      }
    }
  }

  #show(reading, typed) {
    if (!reading.tokensRead) return this.#blank("There is nothing in it that could be read.");
    const choose = (passage) => this.editor.select(passage);
    this.editor.show(reading, typed);
    byId("sheet").dataset.state = "read";
    byId("verdict").replaceChildren(...verdictPanel(reading, this.models.current?.abstain ?? 0));
    byId("tone").replaceChildren(...toneLine(reading, choose));
    byId("tone").hidden = false;
    byId("why").replaceChildren(...whyPanels(reading, choose));
    byId("legend").replaceChildren(key(reading.axis));
    byId("cut").hidden = !reading.unread;
    byId("cut").textContent = reading.unread ? cutInWords(reading) : "";
    this.#speak(verdictInWords(reading));
  }

  /** The verdict on a text of which only the two ends were sent: nothing of it has its place. */
  #showShort(reading, typed) {
    this.#clear("read");
    byId("verdict").replaceChildren(...verdictPanel(reading, this.models.current?.abstain ?? 0));
    byId("why").replaceChildren(); // no colours, so no key to them
    const note = `A text of ${whole(typed.length)} characters: its first and last ` +
      `${whole(Math.floor((reading.text.length - GAP.length) / 2))} were sent, so no words are marked.`;
    byId("cut").hidden = false;
    byId("cut").textContent = `${note} ${count(reading.tokensRead, "token")} read.`;
    // What was left out of the two ends is not what was left out of the text.
    this.#speak(`${verdictInWords({ ...reading, tokensLeftOut: 0 })} ${note}`);
  }

  /** Without a verdict; `why` is told where there is a text. */
  #blank(why = "") {
    this.#clear("empty", h("p", { className: "quiet" }, why || "The verdict will stand here."));
    this.#speak(why);
  }

  #refused(error) {
    // One text is all that is sent, so what does not fit can only be its length.
    const long = error.status === 413 || error.status === 422;
    const words = long ? "This text is longer than the server takes." : inWords(error);
    this.#clear("refused", h("p", { className: "fault" }, words));
    this.#speak(words);
  }

  #clear(state, message = "") {
    this.editor.clear();
    byId("sheet").dataset.state = state;
    byId("verdict").replaceChildren(message);
    byId("tone").hidden = true;
    byId("cut").hidden = true;
    byId("legend").replaceChildren();
    byId("why").replaceChildren(key(this.models.axis));
    this.version = null;
  }

  #speak(words) {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => (byId("spoken").textContent = words), SPEAK);
  }
}

/** What is sent of a text: Unicode, and of one that is too long its two ends. */
function sendable(typed, longest) {
  // Half an emoji cannot travel as UTF-8; its stand-in has the same length.
  const whole = (text) => text.replace(/\p{Surrogate}/gu, "\ufffd");
  if (typed.length <= longest) return whole(typed);
  const half = Math.floor((longest - GAP.length) / 2);
  return whole(typed.slice(0, half)) + GAP + whole(typed.slice(-half));
}
