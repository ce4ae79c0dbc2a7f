// What a page owes to keyboards, screen readers and weak eyes, asked of the page itself.
// SPDX-License-Identifier: MIT

/* Runs in the page. → sentences, one a fault. Contrast is WCAG 2.2's (1.4.3: 4.5 to 1, large text 3 to
 * 1), of text over what is painted in plain colours behind it; what lies over a picture or a gradient
 * is left to people. */
function findFaults() {
  const faults = [];
  const say = (e, what) => faults.push(`${what}: ${e.outerHTML.slice(0, 120)}`);
  const isShown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !e.closest('[aria-hidden=true]') && e.getBoundingClientRect().width > 0;
  const textOf = (ids) => ids.split(' ').map((id) => document.getElementById(id)?.textContent ?? '')
    .join(' ').trim();
  const nameOf = (e) => e.getAttribute('aria-label')?.trim()
    || textOf(e.getAttribute('aria-labelledby') ?? '')
    || [...(e.labels ?? [])].map((l) => l.textContent).join(' ').trim()
    || (e.localName === 'input' ? '' : e.textContent.trim()) || e.title;

  const dialog = document.querySelector('dialog[open]');
  const all = [...(dialog ?? document.body).querySelectorAll('*')].filter(isShown);
  for (const e of all) {
    const isControl = e.matches('a, button, input, select, textarea, dialog, [role=dialog], '
      + '[role=img], [role=group], [tabindex="0"], video');
    if (isControl && !nameOf(e)) say(e, 'has no name');
    if (e.tabIndex > 0) say(e, 'goes before others');
    if (e.matches('a:not([href])')) say(e, 'is a link to nothing');
    const box = e.getBoundingClientRect();
    if (e.matches('button, a.button') && Math.min(box.width, box.height) < 24) {
      say(e, 'is smaller than 24 pixels'); // 2.5.8
    }
  }
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of ids.filter((one, i) => ids.indexOf(one) !== i)) faults.push(`twice: #${id}`);
  for (const name of ['aria-labelledby', 'aria-controls', 'for']) {
    for (const e of document.querySelectorAll(`[${name}]`)) {
      if (!e.getAttribute(name).split(' ').every((id) => ids.includes(id))) say(e, `${name} of none`);
    }
  }
  if (!document.documentElement.lang) faults.push('the page has no language');
  if (!document.title) faults.push('the page has no title');
  const levels = all.filter((e) => /^h[1-6]$/.test(e.localName)).map((e) => Number(e.localName[1]));
  levels.forEach((level, i) => {
    if (i > 0 && level > levels[i - 1] + 1) faults.push(`a heading skips to level ${level}`);
  });

  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return { rgb: [r, g, b], a: a / 255 };
  };
  const over = (top, below) => top.rgb.map((c, i) => c * top.a + below[i] * (1 - top.a));
  const light = (rgb) => rgb.map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  // the plain colour behind e, or null
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const colour = parse(style.backgroundColor);
      // a field's icon and the page's own glow, which is darker than any text, are no picture
      if (style.backgroundImage !== 'none' && !at.matches('body, input')) return null;
      if (at.matches('.player-bar, .scene, .poster, .freeze')) return null;
      if (colour.a > 0) layers.push(colour);
      if (colour.a === 1 || at.matches('dialog')) break;
    }
    const ground = parse(getComputedStyle(document.body).backgroundColor);
    return layers.reverse().reduce((below, layer) => over(layer, below), ground.rgb);
  };
  let judged = 0;
  for (const e of all) {
    const hasText = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const below = hasText && !e.disabled && behind(e);
    if (!below) continue;
    judged++;
    const style = getComputedStyle(e);
    const [a, b] = [light(over(parse(style.color), below)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) say(e, `contrast ${ratio.toFixed(2)}`);
  }
  if (judged < 3) faults.push(`only ${judged} texts were judged`);
  return faults;
}

export const accessFaults = (page) => page.evaluate(findFaults);

// Goes through the page by Tab alone. → the names of what has the focus, in order; each must be in
// view and show that it has it.
export async function tabThrough(page, limit = 40) {
  const names = [];
  await page.evaluate(() => document.activeElement.blur());
  for (let i = 0; i < limit; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) return null;
      const shown = e.closest('label') ?? e;
      const outlines = [e, shown].map((one) => getComputedStyle(one).outlineStyle);
      const box = shown.getBoundingClientRect();
      return { name: e.getAttribute('aria-label') || shown.textContent.trim(),
        isSeen: outlines.some((o) => o !== 'none'),
        inView: box.bottom > 0 && box.top < innerHeight && box.width > 0,
        again: e.dataset.tabbed === 'yes' || ((e.dataset.tabbed = 'yes') && false) };
    });
    if (!at || at.again) break;
    if (!at.isSeen || !at.inView) throw new Error(`the focus cannot be seen: ${JSON.stringify(at)}`);
    names.push(at.name);
  }
  await page.evaluate(() => {
    for (const e of document.querySelectorAll('[data-tabbed]')) delete e.dataset.tabbed;
  });
  return names;
}
