/** What is stored of a document against what the events make of it, and how a difference is told. */
import { isDeepStrictEqual } from 'node:util';
import type { Document } from '../kernel/projection.js';
import type { DocumentHistory } from '../views/port.js';

/** One document that is not what the events make of it. */
export interface Difference {
  readonly key: string;
  readonly problem: 'missing' | 'unexplained' | 'changed' | 'history' | 'damaged';
  /** What is wrong, for people. */
  readonly detail: string;
  /** What the events make; null: there should be no document. */
  readonly expected: Document | null;
  /** What is stored; null: there is no document. */
  readonly actual: Document | null;
  /** What of its stored form does not follow from the stored document: an index, a column. */
  readonly damage?: string;
}

export type Version = DocumentHistory['versions'][number];

/** The worst of what differs between the versions that are and those that should be; undefined when nothing does. */
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

/** What differs comes first; damage alone is a difference too. */
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
