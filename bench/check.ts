/** Checks of results: a wrong result ends the benchmark. */
import { isDeepStrictEqual } from 'node:util';

/** A workload has an unexpected result. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult';
}

/** @throws WrongResult when they differ, naming `what`. */
export function mustEqual(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new WrongResult(`${what}: expected ${shown(expected)}, got ${shown(actual)}.`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
