/** The collections that a selection is cut from, now or as of a position, each with the filter that holds there. */
import type { Position } from '../../kernel/event.js';
import type { Selection } from '../port/query.js';
import { indexName, type Layout } from './layout.js';
import { and, condition, searchCondition, TRUE, type Condition } from './where.js';

export interface Source {
  readonly collection: 'current' | 'past';
  /** The field that holds the key. */
  readonly key: '_id' | 'key';
  readonly filter: Condition;
}

export interface Cut {
  /** The current documents first: what is superseded while they are read is then found among the superseded ones. */
  readonly sources: readonly [current: Source, past?: Source];
  /** The index to use, where there is no doubt which; otherwise the server chooses. */
  readonly hint: { readonly kind: 'words' | 'whole' } | undefined;
}

/**
 * Now: the current documents. As of a position: current documents that are old enough, and documents superseded since.
 * @throws TypeError when a filter or a search does not fit the read model.
 */
export function cutOf(layout: Layout, { where, search, asOf }: Selection): Cut {
  const found = search === undefined ? TRUE : searchCondition(layout, search);
  const source = (collection: Source['collection'], key: Source['key'], then: Condition): Source => {
    const filter = where ? condition(layout, where, key) : TRUE;
    return { collection, key, filter: { ...then, ...and([filter, found]) } };
  };
  const hint = found !== TRUE ? ({ kind: 'words' } as const) : ({ kind: 'whole' } as const);
  const whole = where ? undefined : hint;
  if (asOf === undefined) return { sources: [source('current', '_id', { live: true })], hint: whole };
  const since = upTo(asOf);
  const current = source('current', '_id', { live: true, since });
  return { sources: [current, source('past', 'key', { until: { $gt: asOf }, since })], hint: whole };
}

/** Positions up to this one, itself among them. */
export function upTo(position: Position): Condition {
  return { $lt: Math.floor(position) + 1 };
}

/** The name of the index to use: of words, or the one that serves the whole. */
export function hinted({ hint }: Cut, whole: string, indexed: boolean): { readonly hint?: string } {
  if (!hint || !indexed) return {};
  return { hint: hint.kind === 'words' ? indexName.words : whole };
}
