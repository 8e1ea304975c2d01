/**
 * Sees to it that every event that policies react to has been reacted to, whatever died in between: it follows the log from its own
 * checkpoint. Its checkpoint is kept beside the read models; when they are thrown away it starts over, and repeated commands act once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadModelSpec } from '../kernel/read-model.js';
import type { EventLog } from '../log/port.js';
import { CheckpointMoved, type ViewWriter } from '../views/port.js';
import type { Reactor } from './reactor.js';

/** A read model without documents: its checkpoint is how far the policies are. */
export const policyProgress: ReadModelSpec = {
  name: 'policies',
  version: 1,
  history: false,
  columns: [],
  derived: [],
  document: class PolicyProgress {},
};

export class PolicyRunner {
  constructor(
    private readonly options: {
      readonly log: EventLog;
      readonly checkpoints: Pick<ViewWriter, 'prepare' | 'checkpoint' | 'commit' | 'reset'>;
      readonly reactor: Reactor;
      readonly onRetry: (failure: unknown) => void;
    },
  ) {}

  /** Reacts until the signal aborts; what fails for want of log or store is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, checkpoints, reactor, onRetry } = this.options;
    let pause = 50;
    while (!signal.aborted) {
      try {
        await checkpoints.prepare([policyProgress]);
        let from = await checkpoints.checkpoint(policyProgress);
        if (from > (await log.head())) {
          // The log was put back to an earlier state, or replaced.
          await checkpoints.reset(policyProgress);
          from = 0;
        }
        for await (const { events, position } of log.tail(from, { limit: 500, types: [...reactor.types], signal })) {
          await reactor.react(events);
          // Without events there is nothing to remember: reading over the others again costs little.
          if (events.length > 0) {
            await checkpoints.commit([{ model: policyProgress, from, to: position, changes: [] }]);
            from = position;
          }
          pause = 50;
        }
      } catch (failure) {
        if (signal.aborted) return;
        if (!(failure instanceof CheckpointMoved)) onRetry(failure);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(pause * 2, 5_000);
      }
    }
  }
}
