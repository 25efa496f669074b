/** Checks of a page that run inside it: contrast of texts, names of controls. */

/** Texts whose contrast with what lies behind them is below WCAG AA. Runs in the page. */
export function lowContrast(): string[] {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour: string): number[] => {
    if (!canvas) return [];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]: number[]): number => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element: Element | null): number[] => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const low: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
    if (!own || element.closest(":disabled, .sr, .skip") || !element.checkVisibility()) continue;
    const [a, b] = [luminance(rgba(getComputedStyle(element).color)), luminance(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5)
      low.push(`${element.tagName} ${element.className} ${element.textContent?.slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return low;
}

/** Controls without a name for a screen reader. Runs in the page. */
export function unnamed(): string[] {
  const controls = document.querySelectorAll<HTMLElement>("button, a, input, select, textarea, [role=slider], canvas");
  return [...controls]
    .filter((control) => control.checkVisibility())
    .filter((control) => {
      const labels = (control as HTMLInputElement).labels;
      return !(control.getAttribute("aria-label") || control.textContent?.trim() || labels?.length);
    })
    .map((control) => control.outerHTML.slice(0, 80));
}
