/**
 * Copies a log into another, of any engines: checks that the target is empty or a prefix of the source, copies, and compares all events. It may be
 * interrupted at any time and run again: the target alone determines where it continues.
 */
import type { EventLog } from '../log/port.js';
import { compare, heldAlready, type Comparison } from './compare.js';
import { copy } from './copy.js';

/** The current step: reading what the target has, copying, comparing both. */
export type Step = 'look' | 'copy' | 'verify';

export interface MigrateOptions {
  readonly signal?: AbortSignal;
  /** @param from the number of events already processed when the step began */
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
 * Copies missing events until the target has caught up with the source, and compares both.
 * @returns undefined when it was interrupted
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
