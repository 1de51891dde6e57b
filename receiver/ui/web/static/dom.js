// Making elements. Text goes in as text alone: what other people wrote is never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Return an HTML element; functions among the attributes are listeners, strings are text. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Return the element of the page with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Make an element hold these children and touch only what differs: a finger may be on the rest.
 *
 * A button that looks the same stays, with what it did before.
 */
export function put(element, ...children) {
  become(element, fill(element.cloneNode(false), {}, children));
}

const WHOLE = ["BUTTON", "CANVAS", "TEXTAREA"]; // never half of one and half of another

function become(old, next) {
  const before = [...old.childNodes];
  const after = [...next.childNodes];
  after.forEach((child, n) => {
    const kept = before[n];
    if (!kept) old.append(child);
    else if (kept.isEqualNode(child)) return;
    else if (
      kept.nodeName !== child.nodeName ||
      !child.setAttribute ||
      WHOLE.includes(child.nodeName)
    ) {
      kept.replaceWith(child);
    } else {
      for (const { name } of [...kept.attributes])
        if (!child.hasAttribute(name)) kept.removeAttribute(name);
      for (const { name, value } of [...child.attributes]) kept.setAttribute(name, value);
      become(kept, child);
    }
  });
  before.slice(after.length).forEach((child) => child.remove());
}
