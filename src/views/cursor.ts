/** Cursors: where in an order a page ended, sealed with what it is an order of. */
import { createHash } from 'node:crypto';
import { BadCursor } from './errors.js';

/** A value as engines keep it beside a document. */
export type Bound = string | number | null;

/** A short name of an order: another read model's or order's cursors are told by it. Those of other builds go on to be used. */
export function fingerprint(model: string, order: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([model, order]))
    .digest('base64url')
    .slice(0, 8);
}

/** @param place the values that a row is ordered by, its key last */
export function encodeCursor(print: string, place: readonly Bound[]): string {
  return Buffer.from(JSON.stringify([print, ...place])).toString('base64url');
}

/** The values that the cursor's row was ordered by, its key last. @throws BadCursor when it was made for another order, or by nobody. */
export function decodeCursor(print: string, cursor: string, length: number): readonly Bound[] {
  const [made, ...place] = parse(cursor);
  if (made !== print || place.length !== length || typeof place.at(-1) !== 'string' || !place.every(isBound)) {
    throw new BadCursor('The cursor is not one of this list: take it from a page of the same list in the same order.');
  }
  return place;
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // Not JSON: not a cursor.
  }
}

function isBound(value: unknown): value is Bound {
  return value === null || typeof value === 'string' || typeof value === 'number';
}
