/** One folding of text for every engine: what is equal, sorted and found does not depend on where it is stored. */

/** Lower case, without marks (ț is t, É is e), compatibility forms and the two small sigmas unified, blanks at the ends gone. */
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
