/** Compares a stored document with the one that the events make, and describes the difference. */
import { isDeepStrictEqual } from 'node:util';
import type { Document } from '../kernel/projection.js';
import type { DocumentHistory } from '../views/port/audit.js';

/** A document that differs from the one that the events make. */
export interface Difference {
  readonly key: string;
  readonly problem: 'missing' | 'unexplained' | 'changed' | 'history' | 'damaged';
  /** What is wrong, in words. */
  readonly detail: string;
  /** The document that the events make; null: there should be none. */
  readonly expected: Document | null;
  /** The stored document; null: there is none. */
  readonly actual: Document | null;
  /** Indexes or columns that don't match the stored document. */
  readonly damage?: string;
}

export type Version = DocumentHistory['versions'][number];

/** The most serious difference between the stored versions and the expected ones; undefined when there is none. */
export function differenceOf(
  key: string,
  are: readonly Version[],
  should: readonly Version[],
  damage: string | undefined,
): Difference | undefined {
  const [actual, expected] = [currentOf(are), currentOf(should)];
  const difference = different(key, actual, expected);
  if (difference || isDeepStrictEqual(are, should)) return withDamage(difference, damage, { key, expected, actual });
  const history = { key, expected, actual, problem: 'history', detail: firstDifference(are, should) } as const;
  return withDamage(history, damage, history);
}

/** Adds damage to a difference. Damage alone is a difference too. */
export function withDamage(
  difference: Difference | undefined,
  damage: string | undefined,
  both: Pick<Difference, 'key' | 'expected' | 'actual'>,
): Difference | undefined {
  if (damage === undefined) return difference;
  const detail = `columns or indexes do not follow from the document in ${damage}`;
  if (!difference) return { ...both, problem: 'damaged', detail, damage };
  return { ...difference, detail: `${difference.detail}; ${detail}`, damage };
}

export function different(key: string, actual: Document | null, expected: Document | null): Difference | undefined {
  if (actual === null && expected === null) return undefined;
  if (actual === null) return { key, problem: 'missing', detail: 'not stored, though events make it', expected, actual };
  if (expected === null) return { key, problem: 'unexplained', detail: 'stored, though no event makes it', expected, actual };
  if (isDeepStrictEqual(actual, expected)) return undefined;
  const names = differingColumns(actual, expected);
  return { key, problem: 'changed', detail: `${names.join(', ')} ${names.length === 1 ? 'differs' : 'differ'}`, expected, actual };
}

function currentOf(versions: readonly Version[]): Document | null {
  const last = versions.at(-1);
  return last?.until === null ? last.document : null;
}

function differingColumns(a: Document | null, b: Document | null): readonly string[] {
  const names = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  return [...names].filter((name) => !isDeepStrictEqual(a?.[name], b?.[name]));
}

function firstDifference(are: readonly Version[], should: readonly Version[]): string {
  const index = Math.max(
    0,
    [...are, ...should].findIndex((_, at) => !isDeepStrictEqual(are[at], should[at])),
  );
  const [is, ought] = [are[index], should[index]];
  const told = (version: Version | undefined): string => (version ? `from ${version.since} until ${version.until ?? 'now'}` : 'not there');
  const columns = is && ought ? differingColumns(is.document, ought.document) : [];
  return `version ${index + 1} of ${should.length}: stored ${told(is)}, made ${told(ought)}${columns.length > 0 ? `; ${columns.join(', ')} differ` : ''}`;
}
