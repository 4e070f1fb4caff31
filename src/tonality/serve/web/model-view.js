// The model's card, with its plain facts on top.

import { inWords } from "./api.js";
import { byId, h } from "./dom.js";
import { percent, whole } from "./format.js";
import { markdown } from "./markdown.js";

export class ModelView {
  constructor(models) {
    this.models = models;
    byId("card").append(h("p", { className: "quiet" }, "Asking the server…"));
    models.onChange(() => this.#show());
  }

  #show() {
    const { current, fault } = this.models;
    if (!current) {
      byId("card").replaceChildren(h("p", { className: "fault" }, inWords(fault)));
      return;
    }
    const card = h("article", { className: "card prose" }, ...markdown(current.card, 2));
    byId("card").replaceChildren(facts(current), card);
  }
}

/** Three labels are harder to tell apart than two: how many there were is part of the figure. */
function accuracyOf(accuracy, labels) {
  if (accuracy === null) return "not measured";
  return labels.length > 2 ? `${percent(accuracy)} over ${labels.length} labels` : percent(accuracy);
}

function facts({ name, version, labels, accuracy, abstain, max_tokens: tokens }) {
  const entries = [
    ["Name", name],
    ["Labels", labels.join(", ")],
    ["Accuracy", accuracyOf(accuracy, labels)],
    ["Reads", tokens ? `${whole(tokens)} tokens of a text` : "texts of any length"],
    ["Says uncertain", abstain > 0 ? `under ${percent(abstain)}` : "never"],
    ["Version", version],
  ];
  return h("dl", { className: "facts" }, ...entries.map(([term, value]) =>
    h("div", {}, h("dt", {}, term), h("dd", { dir: "auto" }, String(value)))));
}
