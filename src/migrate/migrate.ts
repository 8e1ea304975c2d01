/**
 * A log moved into another, whatever engines they are in: checked that the target is empty or has the beginning of the source, copied, and
 * compared from the first event to the last. It may be broken off at any moment and run again: where it goes on is told by the target alone.
 */
import type { EventLog } from '../log/port.js';
import { compare, heldAlready, type Comparison } from './compare.js';
import { copy } from './copy.js';

/** What is being done: looking at what the target has, copying, comparing both. */
export type Step = 'look' | 'copy' | 'verify';

export interface MigrateOptions {
  readonly signal?: AbortSignal;
  /** @param from the events that had been done when the step began */
  readonly onProgress?: (step: Step, done: number, total: number, from: number) => void;
}

export interface Migration extends Comparison {
  /** Events that the target had before. */
  readonly held: number;
  /** Events that were copied now. */
  readonly copied: number;
  /** The source has been written to since it was copied. */
  readonly behind: boolean;
}

/**
 * Copies what the target lacks, until it has caught up with the source, and compares both.
 * @returns undefined when it was broken off
 * @throws MigrationRefused, LogUnavailable
 */
export async function migrate(source: EventLog, target: EventLog, options: MigrateOptions = {}): Promise<Migration | undefined> {
  const { signal, onProgress } = options;
  const watched = (step: Step, from = 0) => ({
    signal,
    onProgress: (done: number, total: number) => onProgress?.(step, done, total, from),
  });
  const held = await heldAlready(source, target, watched('look'));
  if (signal?.aborted) return undefined;
  const copied = await copy(source, target, { held, ...watched('copy', held.events) });
  if (signal?.aborted) return undefined;
  const comparison = await compare(source, target, { until: copied.position, ...watched('verify') });
  if (signal?.aborted) return undefined;
  const behind = (await source.head()) > copied.position;
  return { ...comparison, held: held.events, copied: copied.events - held.events, behind };
}
