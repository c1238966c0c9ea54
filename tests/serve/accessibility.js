// What a checker for WCAG 2.2 AA can decide by itself: names, structure, contrast. Gives a list of faults.
() => {
  const faults = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const path = (element) => `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""}.${element.className}`.slice(0, 70);

  const nameOf = (element) => {
    const by = element.getAttribute("aria-labelledby");
    if (by) return by.split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
    if (element.getAttribute("aria-label")) return element.getAttribute("aria-label").trim();
    if (element.labels?.length) return [...element.labels].map((label) => label.textContent).join(" ").trim();
    if (element.alt) return element.alt.trim();
    if (["INPUT", "SELECT", "TEXTAREA", "PROGRESS"].includes(element.tagName)) return "";
    return element.textContent.trim() || (element.title ?? "").trim();
  };
  for (const element of document.querySelectorAll("a[href], button, input, select, textarea, progress, img, summary, [role=region], nav, aside, dialog"))
    if (shown(element) && !nameOf(element)) faults.push(`no name: ${path(element)}`);

  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) faults.push(`id twice: ${id}`);
  for (const element of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
    for (const id of `${element.getAttribute("aria-labelledby") ?? ""} ${element.getAttribute("aria-describedby") ?? ""}`.split(" ").filter(Boolean))
      if (!document.getElementById(id)) faults.push(`points nowhere: ${id}`);
  for (const [selector, count] of [["main", 1], ["h1", 1], ["header", null]])
    if (count && document.querySelectorAll(`${selector}:not(dialog *)`).length !== count) faults.push(`${selector} is not there once`);
  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  if (!document.querySelector("[aria-live]")) faults.push("nothing is announced");
  for (const element of document.querySelectorAll("[tabindex]")) if (element.tabIndex > 0) faults.push(`tabindex: ${path(element)}`);

  const colour = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const over = (front, back) => front.rgb.map((value, index) => value * front.alpha + back[index] * (1 - front.alpha));
  const behind = (element) => {
    const layers = [];
    for (let node = element; node; node = node.parentElement) {
      const layer = colour(getComputedStyle(node).backgroundColor);
      if (layer.alpha > 0) layers.push(layer);
      if (layer.alpha === 1) break;
    }
    return layers.reverse().reduce((back, layer) => over(layer, back), [255, 255, 255]);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let compared = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(element) || element.closest(".unseen, option, :disabled, noscript")) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const front = over(colour(style.color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    compared += 1;
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ${path(element)} “${element.textContent.trim().slice(0, 30)}”`);
  }
  if (compared < 10) faults.push(`only ${compared} texts were compared`);

  for (const element of document.querySelectorAll("button, select, input:not(.unseen), summary")) {
    const box = element.getBoundingClientRect();
    if (shown(element) && !element.closest(".unseen") && (box.width < 24 || box.height < 24) && !["checkbox"].includes(element.type)) faults.push(`smaller than 24 pixels: ${path(element)} ${box.width}x${box.height}`);
  }
  return [...new Set(faults)];
}
