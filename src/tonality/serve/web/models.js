// The model that answers: read once, and again where an answer came from another one.

import { model } from "./api.js";
import { steadily } from "./connection.js";
import { byId } from "./dom.js";
import { scaleOf } from "./labels.js";

const UNKNOWN = { up: "for positive", down: "for negative", upTone: "up", downTone: "down" };

export class Models {
  constructor() {
    this.current = null;
    this.fault = null;
    this.loading = null;
    this.listeners = [];
  }

  /** Calls back whenever there is another model, or none to be had. */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** Asks which model answers; once, however many wait for it. */
  load() {
    this.loading ??= this.#load().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  async #load() {
    try {
      this.current = await steadily(() => model());
      this.fault = null;
      const { name, version, tonality } = this.current;
      byId("foot").textContent = `tonality ${tonality} · model ${name} ${version ?? ""}`;
    } catch (error) {
      this.fault = error;
    }
    for (const listener of this.listeners) listener();
  }

  /** Takes note of the version of the model that an answer came from, and learns of a new one. */
  async seen(version) {
    if (this.current && version && this.current.version !== version) await this.load();
  }

  /** The directions of the scale, before there is a text. */
  get axis() {
    const labels = this.current?.labels;
    if (!labels) return UNKNOWN;
    const { up, down, both } = scaleOf(labels);
    if (both) return { ...UNKNOWN, up: `for ${up}`, down: `for ${down}` };
    return { ...UNKNOWN, up: "for the verdict", down: "against it", downTone: "against" };
  }
}
