/** Days and instants cut into stretches: as an expression of the server that searches the bounds by halves, and of one value. */
import type { Document as Bson } from 'mongodb';

/** How many of the bounds, which ascend, are not after the value at a path; null of null. */
export function stretchExpression(path: string, bounds: readonly string[]): Bson {
  const value = `$${path}`;
  const between = (from: number, to: number): Bson | number => {
    const middle = Math.floor((from + to) / 2);
    const bound = bounds[middle];
    if (from === to || bound === undefined) return from;
    return { $cond: [{ $lt: [value, bound] }, between(from, middle), between(middle + 1, to)] };
  };
  return { $cond: [{ $eq: [value, null] }, null, between(0, bounds.length)] };
}

/** The same of one value. */
export function stretchOf(value: unknown, bounds: readonly string[]): number | null {
  if (typeof value !== 'string') return null;
  let [from, to] = [0, bounds.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (value < (bounds[middle] ?? '')) to = middle;
    else from = middle + 1;
  }
  return from;
}
