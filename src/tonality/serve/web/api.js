// The service's interface: requests, and what can go wrong with one.

import { byId } from "./dom.js";

// What to do where the service says it to programs.
const REMEDIES = {
  body_too_large: "A CSV that is not packed may be of any size: save it as that.",
  too_many_columns: "Keep the columns that you need.",
  unsupported_media_type: "Save it as CSV.",
  not_found: "Reload the page.",
};
// Of what programs alone send; there the reason says enough to a person.
const TO_PROGRAMS = /Content-Type|text_column|leave .* out|--data-binary/;

/** The service understood and refused; it says why, and what to do. */
export class Problem extends Error {
  constructor(status, answer, version) {
    super(answer.detail || answer.title || `The server answered with status ${status}.`);
    this.status = status;
    const remedy = answer.remedy || "";
    this.remedy = REMEDIES[answer.code] ?? (TO_PROGRAMS.test(remedy) ? "" : remedy);
    this.version = version;
  }
}

/** No answer for now: the server is gone (`busy` false) or has too much to do. */
export class Away extends Error {
  constructor(busy, seconds = 0) {
    super(busy ? "The server is busy." : "The server does not answer.");
    this.busy = busy;
    this.seconds = seconds;
  }
}

/** An answer that came to no end: on its way, or because there is no more of what was sent. */
export class BrokenOff extends Away {
  constructor(remedy) {
    super(false);
    this.message = "The server\u2019s answer broke off.";
    this.remedy = remedy;
  }
}

/** An error for the user: what is wrong, and what to do. */
export const inWords = ({ message, remedy }) => (remedy ? `${message} ${remedy}` : message);

const KEY = "tonality-key";
const DAMAGED = "The file may be damaged.";
const LATER = "Try again later.";
const BUSY = new Set([429, 503]);
const GONE = new Set([408, 502, 504]); // lost on the way, or a load balancer that waits in vain
let asking = null;
let declined = false; // who did not give a key is not asked at each key stroke

export async function model() {
  const answer = await request("v1/model", {});
  return whole(answer.json(), LATER);
}

/** Explains a verdict; `version` is that of the model that gave it. */
export async function explain(text, signal) {
  const body = JSON.stringify({ texts: [text] });
  const headers = { "Content-Type": "application/json" };
  const answer = await request("v1/explain", { method: "POST", headers, body, signal });
  const { results } = await whole(answer.json(), LATER, signal);
  return { ...results[0], version: versionOf(answer) };
}

/**
 * Scores rows of a table; the answer is a table of the same kind, `bytes`, and the `version` of the
 * model that gave it.
 *
 * @param choices query parameters; those that are null are left to the service.
 */
export async function score(rows, type, choices, signal) {
  const chosen = Object.entries(choices).filter(([, value]) => value !== null);
  const query = new URLSearchParams(chosen);
  // The page has looked at the whole file: of a slice alone the service would guess the encoding.
  const headers = { "Content-Type": `${type}; charset=utf-8` };
  const answer = await request(`v1/score?${query}`,
    { method: "POST", headers, body: rows, signal });
  const bytes = new Uint8Array(await whole(answer.arrayBuffer(), DAMAGED, signal));
  return { bytes, version: versionOf(answer) };
}

/** The text of a packed table or of a sheet, and the names of the sheets. */
export async function unpack(file, type, sheet) {
  const query = sheet === null ? "" : `?${new URLSearchParams({ sheet })}`;
  const headers = { "Content-Type": type };
  const answer = await request(`v1/table${query}`, { method: "POST", headers, body: file });
  const sheets = JSON.parse(answer.headers.get("X-Sheets") ?? "[]");
  return { text: await whole(answer.blob(), DAMAGED), sheets };
}

/** Whether the server would take a request. */
export async function ready() {
  try {
    return (await fetch("readyz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

const versionOf = (answer) => answer.headers.get("X-Model-Version");

async function request(address, options) {
  for (;;) {
    const key = sessionStorage.getItem(KEY);
    const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
    const answer = await received(fetch(address, { ...options, headers }), options.signal);
    if (answer.ok) return answer;
    if (BUSY.has(answer.status)) {
      throw new Away(true, Number(answer.headers.get("Retry-After")) || 1);
    }
    if (GONE.has(answer.status)) throw new Away(false);
    const said = await answer.json().catch(() => ({}));
    const problem = new Problem(answer.status, said, versionOf(answer));
    if (answer.status !== 401) throw problem;
    if (declined || !(await askKey(key))) {
      problem.remedy = "Reload the page to enter one.";
      throw problem;
    }
  }
}

/** Tells a lost connection, which passes, from a fault of this page, which does not. */
async function received(promise, signal) {
  try {
    return await promise;
  } catch (error) {
    if (signal?.aborted || !(error instanceof TypeError)) throw error;
    throw new Away(false);
  }
}

/** The body of an answer. */
async function whole(promise, remedy, signal) {
  try {
    return await received(promise, signal);
  } catch (error) {
    throw error instanceof Away ? new BrokenOff(remedy) : error;
  }
}

/** Asks once, however many requests wait for it; whether there is a key to try. */
function askKey(refused) {
  if (refused !== sessionStorage.getItem(KEY)) return Promise.resolve(true);
  asking ??= new Promise((resolve) => {
    const dialog = byId("key-dialog");
    const input = byId("key-input");
    input.value = "";
    byId("key-refused").textContent = "";
    byId("key-cancel").onclick = () => dialog.close();
    byId("key-form").onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, input.value.trim());
      dialog.close();
    };
    dialog.onclose = () => {
      asking = null;
      declined = sessionStorage.getItem(KEY) === refused;
      resolve(!declined);
    };
    dialog.showModal();
    // Set once it is shown: a screen reader says what changes.
    if (refused) byId("key-refused").textContent = "That key was not accepted.";
  });
  return asking;
}
