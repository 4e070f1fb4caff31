// The view of one text: asks as one types, and shows the latest answer only.

import { explain, inWords } from "./api.js";
import { steadily } from "./connection.js";
import { byId, h } from "./dom.js";
import { Editor, LONGEST } from "./editor.js";
import { EXAMPLES } from "./examples.js";
import { whole } from "./format.js";
import { readingOf } from "./reading.js";
import { toneLine } from "./tone.js";
import { cutInWords, verdictInWords, verdictPanel } from "./verdict.js";
import { key, whyPanels } from "./why.js";

// Milliseconds.
const REST = 140; // after the last key
const LONGEST_WAIT = 500; // while one types on and on
const SPEAK = 1200; // a screen reader is not to talk over typing
const SLOW = 400; // from here on a wait is shown

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
    if (this.editor.tooLong) {
      this.asking?.abort();
      this.#tooLong();
      return;
    }
    const rest = Math.max(0, Math.min(REST, this.since + LONGEST_WAIT - now));
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
    // Half an emoji cannot travel as UTF-8; its stand-in has the same length.
    const typed = this.editor.value;
    const text = typed.replace(/\p{Surrogate}/gu, "\ufffd");
    if (!text.trim()) {
      this.asking = null;
      return this.#blank();
    }
    const slow = setTimeout(() => (byId("reading").textContent = "waiting…"), SLOW);
    try {
      const answer = await steadily(() => explain(text, asking.signal), asking.signal);
      await this.models.seen(answer.version);
      if (asking.signal.aborted) return;
      this.version = answer.version;
      this.#show(readingOf(answer, text), typed);
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
    byId("legend").replaceChildren(key(reading.axis, reading.labels.length));
    byId("cut").hidden = !reading.unread;
    byId("cut").textContent = reading.unread ? cutInWords(reading) : "";
    this.#speak(verdictInWords(reading));
  }

  #blank(why = "The verdict will stand here.") {
    this.#clear("empty", h("p", { className: "quiet" }, why));
    this.#speak("");
  }

  #tooLong() {
    const words = `A text of ${whole(this.editor.text.length)} characters is too long to look at ` +
      `here: ${whole(LONGEST)} are the most.`;
    this.#clear("refused", h("p", { className: "fault" }, words));
    this.#speak(words);
  }

  #refused(error) {
    // One text is all that is sent, so what does not fit can only be its length.
    const long = error.status === 413 || error.status === 422;
    const words = long ? "This text is longer than the server takes." : inWords(error);
    this.#clear("refused", h("p", { className: "fault" }, words));
    this.#speak(words);
  }

  #clear(state, message) {
    this.editor.clear();
    byId("sheet").dataset.state = state;
    byId("verdict").replaceChildren(message);
    byId("tone").hidden = true;
    byId("cut").hidden = true;
    byId("legend").replaceChildren();
    byId("why").replaceChildren(key(this.models.axis, this.models.current?.labels.length));
    this.version = null;
  }

  #speak(words) {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => (byId("spoken").textContent = words), SPEAK);
  }
}
