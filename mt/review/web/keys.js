// One key for each action, which the reviewer may change; the choice is kept in the browser.

export const ACTIONS = [
  ["accept", "a", "Accept the pair as it stands"],
  ["edit", "e", "Edit the target"],
  ["reject", "r", "Reject the pair, with a reason"],
  ["skip", "s", "Skip the pair"],
  ["undo", "u", "Undo the last decision"],
  ["flag", "f", "Flag the pair for somebody else"],
  ["comment", "c", "Comment without deciding"],
  ["dismiss", "d", "Dismiss the first finding as a false alarm"],
  ["mark", "m", "Mark the selected words as an error (MQM)"],
  ["next", "n", "Next pair in the queue, without deciding"],
  ["previous", "p", "Previous pair of the document"],
  ["following", "o", "Following pair of the document"],
  ["search", "/", "Go to the filter"],
  ["help", "?", "Keys and settings"],
];

const STORED = "mt.keys";

function stored() {
  try {
    const value = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    return value && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}

/** The key of an action. */
export function keyOf(action) {
  const own = stored()[action];
  return typeof own === "string" && own ? own : ACTIONS.find(([name]) => name === action)[1];
}

/** Give an action another key; says which action had it before, and changes nothing then. */
export function setKey(action, key) {
  const taken = ACTIONS.find(([name]) => name !== action && keyOf(name) === key);
  if (taken || /^[1-9]$/.test(key)) return taken ? taken[2] : "Use a suggestion";
  localStorage.setItem(STORED, JSON.stringify({ ...stored(), [action]: key }));
  return "";
}

export function resetKeys() {
  localStorage.removeItem(STORED);
}

/** A setting that is on or off. */
export const setting = (name, otherwise) => (localStorage.getItem(`mt.${name}`) ?? otherwise) === "on";
export const setSetting = (name, on) => localStorage.setItem(`mt.${name}`, on ? "on" : "off");

/** The action that a key press means, `use 1` for a digit, or an empty text. */
export function actionOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !setting("shortcuts", "on")) return "";
  const target = event.target;
  if (target instanceof Element && target.closest("input:not([type=radio], [type=checkbox]), textarea, select, dialog")) return "";
  if (/^[1-9]$/.test(event.key)) return `use ${event.key}`;
  return ACTIONS.find(([name]) => keyOf(name) === event.key)?.[0] ?? "";
}
