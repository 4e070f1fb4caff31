// When the server is away: a calm word, attempts at growing intervals, and on as if nothing were.

import { Away, BrokenOff, ready } from "./api.js";
import { byId } from "./dom.js";

const LONGEST = 15; // seconds between two attempts
const GREETING = 2500; // milliseconds that "back" stays
const TRIES = 3; // where answers break off: an outage passes, a damaged file does not
let failures = 0;
let returning = null; // a promise while the server is gone
let hiding = 0;

/**
 * Does a task, again and again while the server is away, until it is done or called off.
 *
 * @throws {BrokenOff} where each of a few answers came to no end.
 */
export async function steadily(task, signal) {
  let broken = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await task();
      failures = 0;
      greet();
      return result;
    } catch (error) {
      if (signal?.aborted || !(error instanceof Away)) throw error;
      if (error instanceof BrokenOff && ++broken === TRIES) throw error;
      if (error.busy) {
        if (attempt > 1) say("The server has much to do. Your turn comes.", "busy");
        try {
          await pause(1000 * error.seconds * (1 + Math.random() / 2), signal);
        } catch (called) {
          greet(); // nobody waits any more
          throw called;
        }
      } else {
        await unlessAborted(returned(), signal);
      }
    }
  }
}

function returned() {
  returning ??= wait().finally(() => {
    returning = null;
  });
  return returning;
}

async function wait() {
  do {
    say("The server does not answer. Nothing is lost.", "gone");
    await countDown(Math.min(LONGEST, 2 ** failures) * (0.8 + 0.4 * Math.random()));
    failures += 1;
  } while (!(await ready()));
  greet(); // also where nobody has a question any more
}

/** Waits, showing the seconds; the button and the network's return cut it short. */
function countDown(seconds) {
  const clock = byId("banner-clock");
  const end = performance.now() + 1000 * seconds;
  return new Promise((resolve) => {
    const stop = () => {
      clearInterval(timer);
      byId("banner-now").onclick = null;
      window.removeEventListener("online", stop);
      clock.textContent = "Trying again…";
      resolve();
    };
    const tick = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (left <= 0) stop();
      else clock.textContent = `Trying again in ${left} s.`;
    };
    const timer = setInterval(tick, 250);
    byId("banner-now").onclick = stop;
    window.addEventListener("online", stop);
    tick();
  });
}

function greet() {
  const state = byId("banner").dataset.state;
  if (state === "gone") say("The server is back.", "back");
  else if (state === "busy") byId("banner").hidden = true;
  if (state === "gone") hiding = setTimeout(() => (byId("banner").hidden = true), GREETING);
  byId("banner").dataset.state = "";
}

function say(text, state) {
  clearTimeout(hiding);
  const banner = byId("banner");
  banner.hidden = false;
  banner.dataset.state = state;
  byId("banner-now").hidden = state !== "gone";
  if (state !== "gone") byId("banner-clock").textContent = "";
  // A screen reader speaks when the text changes, so the same text is not set twice.
  if (byId("banner-text").textContent !== text) byId("banner-text").textContent = text;
}

const pause = (milliseconds, signal) =>
  unlessAborted(new Promise((resolve) => setTimeout(resolve, milliseconds)), signal);

function unlessAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
