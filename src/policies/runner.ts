/**
 * Sees to it that every event that a policy reacts to has been reacted to, whatever died in between: it follows the log from the policy's
 * own checkpoint, so that a policy that has to wait keeps no other waiting. When the checkpoint is lost it starts over, and repeated
 * commands act once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '../kernel/event.js';
import type { Policy } from '../kernel/policy.js';
import { LeaseLost } from '../leases/errors.js';
import type { Lease } from '../leases/port.js';
import type { EventLog } from '../log/port.js';
import type { Checkpoints } from '../views/port/checkpoints.js';
import { CheckpointMoved } from '../views/port/errors.js';
import { typesOf, type Reactor } from './reactor.js';
import type { PolicyStarts } from './starts.js';

/** The name of a policy's checkpoint and of its lease. */
export function checkpointOf({ name }: Policy): string {
  return `policy ${name}`;
}

export interface PolicyRunnerOptions {
  readonly log: EventLog;
  readonly checkpoints: Checkpoints;
  /** The right to react, while this process has it; others wait for it. */
  readonly lease: () => Lease | undefined;
  readonly reactor: Reactor;
  readonly starts: Pick<PolicyStarts, 'begin'>;
  readonly policy: Policy;
  readonly onRetry: (failure: unknown) => void;
}

/** How often somebody who waits looks for the lease, in milliseconds. */
const WAIT_MS = 250;

/** Reacts until the signal aborts, and leaves off in the middle then; what fails for want of log or store is tried again. */
export async function runPolicy(options: PolicyRunnerOptions, signal: AbortSignal): Promise<void> {
  const { log, lease, reactor, starts, policy, onRetry } = options;
  let pause = 50;
  while (!signal.aborted) {
    const held = lease();
    if (!held) {
      await sleep(WAIT_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    try {
      let from = await checkpointWithin(options, held);
      const start = Math.max(from, await starts.begin(policy));
      for await (const { events, position } of log.tail(start, { limit: 500, types: typesOf(policy), signal })) {
        await unlessAborted(reactor.react(events, 'followed', [policy]), signal);
        if (signal.aborted) return;
        // Without events there is nothing to remember: reading over the others again costs little.
        if (events.length > 0) {
          const renewed = lease();
          if (!renewed) break;
          await options.checkpoints.move({ name: checkpointOf(policy), from, to: position, lease: renewed });
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

/** The policy's checkpoint. Reset to 0 when it is beyond the end of the log, which was restored to an earlier state or replaced. */
async function checkpointWithin({ checkpoints, log, policy }: PolicyRunnerOptions, lease: Lease): Promise<Position> {
  const position = await checkpoints.read(checkpointOf(policy));
  if (position <= (await log.end())) return position;
  await checkpoints.reset(checkpointOf(policy), lease);
  return 0;
}

/** Resolves with the work, or as soon as the signal aborts: a policy may be waiting for a read model that comes no further. */
function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(undefined);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
