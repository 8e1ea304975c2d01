/** Text folding for comparison, sorting and search: the same for every storage engine. */

/** Converts to lower case, removes marks (ț is t, É is e), unifies compatibility forms and the two small sigmas, and trims. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/ς/gu, 'σ')
    .trim();
}

/** The distinct folded words of a text: runs of letters and digits. */
export function words(text: string): readonly string[] {
  return [...new Set(fold(text).match(/[\p{L}\p{N}]+/gu) ?? [])];
}
