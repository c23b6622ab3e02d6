"""Faults of a page that keep readers out: names, labels, headings, and contrast as WCAG 2.2 (level AA) asks for it."""

FIND_FAULTS = """() => {
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(isShown);
  const nameOf = (element) => (element.getAttribute("aria-label") ?? element.textContent).trim();
  const faults = [];
  const require = (elements, isRight, what) => elements.filter((element) => !isRight(element)).forEach((element) => {
    faults.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  });

  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => faults.push(`id twice: ${id}`));
  require([...document.querySelectorAll("img")], (image) => image.hasAttribute("alt"), "picture without words");
  require(all("a[href], button, summary"), (one) => nameOf(one) || one.querySelector("img[alt]"), "no name");
  require(all("input, select"), (field) => [...field.labels].some(nameOf) || field.ariaLabel, "field without label");
  require(all("[tabindex='0']"), (element) => element.ariaLabel, "focus without name");
  require([document.documentElement], (root) => root.lang, "no language");
  all("h1, h2, h3, h4").reduce((above, heading) => {
    const level = Number(heading.tagName[1]);
    if (level > above + 1) faults.push(`heading skips a level: ${heading.textContent}`);
    return level;
  }, 0);

  const pencil = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pencil.clearRect(0, 0, 1, 1);
    pencil.fillStyle = colour;
    pencil.fillRect(0, 0, 1, 1);
    return [...pencil.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => value / 255).map(
      (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 150) return colour;
    }
    return [255, 255, 255, 255];
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  for (const element of all("body *:not(option, svg *)").filter(hasText)) {
    const style = getComputedStyle(element);
    const [dark, bright] = [rgba(style.color), backOf(element)].map(luminance).sort((a, b) => a - b);
    const contrast = (bright + 0.05) / (dark + 0.05);
    const isLarge = parseFloat(style.fontSize) >= (Number(style.fontWeight) >= 700 ? 18.66 : 24);
    require([element], () => contrast >= (isLarge ? 3 : 4.5), `contrast ${contrast.toFixed(2)}`);
  }
  return faults;
}"""


def find_faults(page, scheme):
    """Return the faults of an opened page in a colour scheme, ``light`` or ``dark``."""
    page.emulate_media(color_scheme=scheme)
    return page.evaluate(FIND_FAULTS)
