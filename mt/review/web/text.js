// Texts with what lies over them: words that can be linked, findings, marked errors, changes.
// The server counts Unicode code points, a string counts UTF-16 units; this file knows the difference.

import { h } from "./dom.js";

const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;

/** Where the white-space tokens of a text lie, in code points. */
export function wordSpans(points) {
  const spans = [];
  let start = -1;
  points.forEach((point, index) => {
    if (SPACE.test(point)) {
      if (start >= 0) spans.push([start, index]);
      start = -1;
    } else if (start < 0) start = index;
  });
  if (start >= 0) spans.push([start, points.length]);
  return spans;
}

/**
 * A text cut wherever a layer begins or ends.
 * @param {string} text
 * @param {Array<{span: number[], kind: string, label: string, number: (number|string)}>} layers
 */
export function layered(text, layers) {
  const points = Array.from(text);
  const words = wordSpans(points);
  const cuts = new Set([0, points.length]);
  for (const [start, end] of [...words, ...layers.map((layer) => layer.span)]) cuts.add(start).add(end);
  const places = [...cuts].filter((place) => place <= points.length).sort((a, b) => a - b);
  let word = 0;
  return places.slice(0, -1).map((start, index) => {
    const end = places[index + 1];
    while (word < words.length && words[word][1] <= start) word += 1;
    const inWord = word < words.length && words[word][0] <= start;
    const over = layers.filter((layer) => layer.span[0] <= start && layer.span[1] >= end);
    const numbers = over.filter((layer) => layer.span[1] === end).map((layer) => layer.number).filter(Boolean);
    return h(
      over.length ? "mark" : "span",
      {
        class: over.map((layer) => layer.kind).join(" "),
        title: over.map((layer) => layer.label).join("\n") || null,
        data: { ...(inWord ? { word: String(word) } : {}), ...(numbers.length ? { numbers: numbers.join(",") } : {}) },
      },
      points.slice(start, end).join(""),
    );
  });
}

/** A difference: what went is struck through, what came is underlined, and both are named for screen readers. */
export function changed(changes) {
  return changes.map(([kind, text]) => {
    if (kind === "equal") return h("span", {}, text);
    return h(kind === "delete" ? "del" : "ins", {}, text);
  });
}

/** The offsets of the selection inside an element, in code points, or null. */
export function selectedSpan(element) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  if (!element.contains(range.startContainer) || !element.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.selectNodeContents(element);
  before.setEnd(range.startContainer, range.startOffset);
  const start = Array.from(before.toString()).length;
  const length = Array.from(range.toString()).length;
  return length ? [start, start + length] : null;
}
