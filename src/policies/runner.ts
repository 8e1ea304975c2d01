/**
 * Sees to it that every event that a policy reacts to has been reacted to, whatever died in between: it follows the log from the policy's
 * own checkpoint, so that a policy that has to wait keeps no other waiting. When the checkpoint is lost it starts over, and repeated
 * commands act once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadModelSpec } from '../kernel/read-model.js';
import type { EventLog } from '../log/port.js';
import { CheckpointMoved, type ViewWriter } from '../views/port.js';
import type { Policy } from './policy.js';
import type { Reactor } from './reactor.js';

/** A read model without documents: its checkpoint is how far the policy is. */
export function progressOf({ name }: Policy): ReadModelSpec {
  return { name: `policy ${name}`, version: 1, history: false, columns: [], derived: [], document: class PolicyProgress {} };
}

export interface PolicyRunnerOptions {
  readonly log: EventLog;
  readonly checkpoints: Pick<ViewWriter, 'prepare' | 'checkpoint' | 'commit' | 'reset'>;
  readonly reactor: Reactor;
  readonly policy: Policy;
  readonly onRetry: (failure: unknown) => void;
}

/** Reacts until the signal aborts, and leaves off in the middle then; what fails for want of log or store is tried again. */
export async function runPolicy({ log, checkpoints, reactor, policy, onRetry }: PolicyRunnerOptions, signal: AbortSignal): Promise<void> {
  const model = progressOf(policy);
  let pause = 50;
  while (!signal.aborted) {
    try {
      await checkpoints.prepare([model]);
      let from = await checkpoints.checkpoint(model);
      if (from > (await log.head())) {
        // The log was put back to an earlier state, or replaced.
        await checkpoints.reset(model);
        from = 0;
      }
      for await (const { events, position } of log.tail(from, { limit: 500, types: policy.types, signal })) {
        await unlessAborted(reactor.react(events, [policy]), signal);
        if (signal.aborted) return;
        // Without events there is nothing to remember: reading over the others again costs little.
        if (events.length > 0) {
          await checkpoints.commit([{ model, from, to: position, changes: [] }]);
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

/** Resolves with the work, or as soon as the signal aborts: a policy may be waiting for a read model that comes no further. */
function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(undefined);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
