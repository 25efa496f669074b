/** Light and dark: as the system says, or as the button does, remembered in this browser. */
import { byId } from "./element.ts";
import { storage } from "./storage.ts";

const KEY = "unseen-theme";
const local = storage("localStorage");
const system = matchMedia("(prefers-color-scheme: dark)");

/** @param changed is called after colours have changed */
export function startTheme(changed: () => void): void {
  const button = byId<HTMLButtonElement>("theme");
  const chosen = (): string | null => local.getItem(KEY);
  const apply = (): void => {
    const theme = chosen();
    if (theme) document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-pressed", String((theme ?? (system.matches ? "dark" : "light")) === "dark"));
    changed();
  };
  button.addEventListener("click", () => {
    local.setItem(KEY, button.getAttribute("aria-pressed") === "true" ? "light" : "dark");
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}
