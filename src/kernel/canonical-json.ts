/**
 * Canonical JSON (RFC 8785): no spaces, the names of every object in the order of their UTF-16 code units, numbers and texts as ECMAScript writes them. The
 * same value always gives the same text. Fields that are undefined are left out. A lone surrogate, which the RFC excludes, is written as its escape.
 * @param value of JSON: null, booleans, finite numbers, texts, lists and plain objects
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const name of Object.keys(fields).sort()) {
    if (fields[name] !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(fields[name])}`;
  }
  return `{${text}}`;
}
