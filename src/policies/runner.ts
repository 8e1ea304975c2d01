/**
 * Sees to it that every event that a policy reacts to has been reacted to, whatever died in between: it follows the log from the policy's
 * own checkpoint, so that a policy that has to wait keeps no other waiting. When the checkpoint is lost it starts over, and repeated
 * commands act once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '../kernel/event.js';
import type { ReadModelSpec } from '../kernel/read-model.js';
import type { EventLog } from '../log/port.js';
import { isOf, noProgress, type Build } from '../views/builds.js';
import { CheckpointMoved, LeaseLost } from '../views/errors.js';
import type { Lease, ViewWriter } from '../views/port.js';
import type { Policy } from './policy.js';
import type { Reactor } from './reactor.js';

/** A read model without documents: its checkpoint is how far the policy is. */
export function progressOf({ name }: Policy): ReadModelSpec {
  return { name: `policy ${name}`, version: 1, history: false, columns: [], derived: [], document: class PolicyProgress {} };
}

export interface PolicyRunnerOptions {
  readonly log: EventLog;
  readonly checkpoints: Pick<ViewWriter, 'builds' | 'begin' | 'commit' | 'reset'>;
  /** The right to react, while this process has it; others wait for it. */
  readonly lease: () => Lease | undefined;
  readonly reactor: Reactor;
  readonly policy: Policy;
  readonly onRetry: (failure: unknown) => void;
}

/** How often somebody who waits looks for the lease, in milliseconds. */
const WAIT_MS = 250;

/** Reacts until the signal aborts, and leaves off in the middle then; what fails for want of log or store is tried again. */
export async function runPolicy(options: PolicyRunnerOptions, signal: AbortSignal): Promise<void> {
  const { log, lease, reactor, policy, onRetry } = options;
  let pause = 50;
  while (!signal.aborted) {
    const held = lease();
    if (!held) {
      await sleep(WAIT_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    try {
      const { build, ...stood } = await standing(options, held);
      let { from, events: reacted } = stood;
      for await (const { events, position } of log.tail(from, { limit: 500, types: policy.types, signal })) {
        await unlessAborted(reactor.react(events, [policy]), signal);
        if (signal.aborted) return;
        // Without events there is nothing to remember: reading over the others again costs little.
        if (events.length > 0) {
          const renewed = lease();
          if (!renewed) break;
          reacted += events.length;
          const progress = { ...noProgress, events: reacted, head: position };
          await options.checkpoints.commit([{ build, from, to: position, changes: [], lease: renewed, progress }]);
          from = position;
        }
        pause = 50;
      }
    } catch (failure) {
      if (signal.aborted) return;
      if (!(failure instanceof CheckpointMoved || failure instanceof LeaseLost)) onRetry(failure);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(pause * 2, 5_000);
    }
  }
}

interface Standing {
  readonly build: Build;
  readonly from: Position;
  readonly events: number;
}

/** Where the policy stands: at the beginning when it never ran, or the log was put back to an earlier state, or replaced. */
async function standing({ checkpoints, log, policy }: PolicyRunnerOptions, lease: Lease): Promise<Standing> {
  const model = progressOf(policy);
  const record = (await checkpoints.builds()).find((known) => isOf(known, model));
  if (!record) return { build: await checkpoints.begin(model), from: 0, events: 0 };
  const build = { model, number: record.number };
  if (record.position <= (await log.end())) return { build, from: record.position, events: record.events };
  await checkpoints.reset(build, lease);
  return { build, from: 0, events: 0 };
}

/** Resolves with the work, or as soon as the signal aborts: a policy may be waiting for a read model that comes no further. */
function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(undefined);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
