/** The collections that a selection is cut from, now or as of a position, each with the filter that holds there. */
import type { Position } from '../../kernel/event.js';
import type { Selection } from '../query.js';
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
  readonly sources: readonly Source[];
  /** The index to use, where there is no doubt which; otherwise the server chooses. */
  readonly hint: { readonly kind: 'words' | 'whole' } | undefined;
}

/**
 * Now: the current documents. As of a position: those of them that were so already, and those superseded since.
 * @throws TypeError when a filter or a search does not fit the read model.
 */
export function cutOf(layout: Layout, { where, keys, search, asOf }: Selection): Cut {
  const filter = where ? condition(layout, where) : TRUE;
  const found = search === undefined ? TRUE : searchCondition(layout, search);
  const sources = sourcesAsOf(asOf).map(({ filter: then, ...source }): Source => {
    const these = keys ? { [source.key]: { $in: keys } } : TRUE;
    return { ...source, filter: { ...then, ...and([filter, found, these]) } };
  });
  const chosen = found !== TRUE ? ({ kind: 'words' } as const) : ({ kind: 'whole' } as const);
  return { sources, hint: filter === TRUE && !keys ? chosen : undefined };
}

function sourcesAsOf(asOf: Position | undefined): readonly Source[] {
  if (asOf === undefined) return [{ collection: 'current', key: '_id', filter: { live: true } }];
  return [
    { collection: 'current', key: '_id', filter: { live: true, since: { $lte: asOf } } },
    { collection: 'past', key: 'key', filter: { until: { $gt: asOf }, since: { $lte: asOf } } },
  ];
}

/** The name of the index to use: of words, or the one that serves the whole. */
export function hinted({ hint }: Cut, whole: string, indexed: boolean): { readonly hint?: string } {
  if (!hint || !indexed) return {};
  return { hint: hint.kind === 'words' ? indexName.words : whole };
}
