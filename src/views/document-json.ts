/** A document as every store keeps it. */
import { messageOf } from '../kernel/message-of.js';
import type { Document } from '../kernel/projection.js';

/** @throws TypeError when JSON has no form for it: a circular one, one with a BigInt, one that is not an object */
export function jsonOf(document: Document): string {
  const json = stringified(document);
  if (json?.startsWith('{') !== true) throw new TypeError('its JSON is not an object.');
  return json;
}

function stringified(document: Document): string | undefined {
  try {
    return JSON.stringify(document);
  } catch (cause) {
    throw new TypeError(`it can't be written as JSON: ${messageOf(cause)}`, { cause });
  }
}
