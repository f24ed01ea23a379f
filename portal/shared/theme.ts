/** Light or dark: as the system says, unless the reader chose. */

const KEY = "deedbook.theme";

/** What a reader may choose. */
export const THEMES = ["system", "light", "dark"] as const;
/** One of them. */
export type Theme = (typeof THEMES)[number];

/** What the reader chose. */
export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((known) => known === kept) ?? "system";
}

/** Shows pages so from now on. */
export function setTheme(chosen: Theme): void {
  localStorage.setItem(KEY, chosen);
  applyTheme();
}

/** Makes the page look as chosen. */
export function applyTheme(): void {
  const chosen = theme();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
