// Elements made from data. Texts only ever become text nodes, so none of them can be markup.

export const byId = (id) => document.getElementById(id);

/** An element: properties (`on…` are listeners, `aria-…` and `data-…` attributes), then children. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG, where everything is an attribute. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A label that only screen readers meet. */
export const unseen = (text) => h("span", { className: "unseen" }, text);

const OPERATED = "a, button, input, select, summary";

/** Puts other children into an element; the focus stays at the place where it was. */
export function redraw(element, ...children) {
  const place = [...element.querySelectorAll(OPERATED)].indexOf(document.activeElement);
  element.replaceChildren(...children);
  if (place >= 0) element.querySelectorAll(OPERATED)[place]?.focus({ preventScroll: true });
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") {
      element.setAttribute(name, value);
    } else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
