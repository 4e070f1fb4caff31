// The part of Markdown that model cards use, made into elements. What is not understood stays as
// it was written; markup in the card is text like any other.

import { h } from "./dom.js";

const SAFE_LINK = /^https?:\/\/[^\s]+$/i;
const DEEPEST = 6;
// Code first: nothing inside it means anything.
const INLINE = new RegExp(
  [
    "(?<ticks>`+)(?<code>[^`][^]*?)\\k<ticks>(?!`)",
    "\\[(?<name>[^\\]]+)\\]\\((?<target>[^()\\s]+)\\)",
    "<(?<address>https?:[^<>\\s]+)>",
    "\\*\\*(?<strong>[^*]+)\\*\\*",
    "\\*(?<stress>[^*\\s][^*]*)\\*",
  ].join("|"),
  "g",
);

/** The elements of a card; its highest heading becomes `<h{top}>`. */
export function markdown(source, top = 1) {
  const lines = withoutFrontMatter(source.replace(/\r\n?/g, "\n")).split("\n");
  const blocks = [];
  while (lines.length) {
    const block = takeBlock(lines, top);
    if (block) blocks.push(block);
  }
  return blocks;
}

const withoutFrontMatter = (source) => source.replace(/^---\n[^]*?\n---(?:\n|$)/, "");

/** Takes the next block's lines off the front. */
function takeBlock(lines, top) {
  const [line] = lines;
  if (!line.trim()) return void lines.shift();
  if (/^(```|~~~)/.test(line)) return code(lines);
  const heading = /^(#{1,6}) +(.*?)#*$/.exec(line);
  if (heading) {
    lines.shift();
    const level = Math.min(DEEPEST, heading[1].length + top - 1);
    return h(`h${level}`, {}, ...inline(heading[2].trim()));
  }
  if (/^\s*[-*+] /.test(line)) return list(lines, "ul", /^\s*[-*+] +/);
  if (/^\s*\d+[.)] /.test(line)) return list(lines, "ol", /^\s*\d+[.)] +/);
  if (/^\|/.test(line) && /^\|[\s:|-]+$/.test(lines[1] ?? "")) return table(lines);
  return h("p", {}, ...inline(takeWhile(lines, continues).join(" ")));
}

const continues = (line) => line.trim() && !/^(#{1,6} |```|~~~|\s*[-*+] |\||\s*\d+[.)] )/.test(line);

/** The first line whatever it is, and those after it that pass. */
function takeWhile(lines, passes) {
  const taken = [lines.shift()];
  while (lines.length && passes(lines[0])) taken.push(lines.shift());
  return taken;
}

function code(lines) {
  const fence = lines.shift().slice(0, 3);
  const inside = [];
  while (lines.length && !lines[0].startsWith(fence)) inside.push(lines.shift());
  lines.shift();
  // Focusable, since a long line scrolls and not everyone has a mouse.
  return h("pre", { tabIndex: 0, role: "region", "aria-label": "Code" },
    h("code", {}, inside.join("\n")));
}

function list(lines, tag, bullet) {
  const items = [];
  while (lines.length && bullet.test(lines[0])) {
    const [first, ...more] = takeWhile(lines, continues);
    items.push([first.replace(bullet, ""), ...more].map((line) => line.trim()).join(" "));
  }
  return h(tag, {}, ...items.map((item) => h("li", {}, ...inline(item))));
}

function table(lines) {
  const rows = takeWhile(lines, (line) => line.startsWith("|"));
  const cells = (line) => line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim());
  const [head, , ...body] = rows.map(cells);
  return h("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": "Table" },
    h("table", {},
      h("thead", {}, h("tr", {}, ...head.map((cell) => h("th", { scope: "col" }, ...inline(cell))))),
      h("tbody", {}, ...body.map((row) =>
        h("tr", {}, ...row.map((cell) => h("td", {}, ...inline(cell))))))));
}

function inline(text) {
  const parts = [];
  let done = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(done, match.index), inlinePart(match));
    done = match.index + match[0].length;
  }
  return [...parts, text.slice(done)];
}

function inlinePart({ 0: source, groups }) {
  if (groups.code !== undefined) return h("code", {}, groups.code.trim());
  if (groups.strong) return h("strong", {}, ...inline(groups.strong));
  if (groups.stress) return h("em", {}, ...inline(groups.stress));
  const href = groups.address ?? groups.target;
  if (!SAFE_LINK.test(href)) return source;
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", referrerPolicy: "no-referrer" },
    groups.name ?? href);
}
