/** The events of a deal, decided by its commands without a log: to fill logs with before the clock starts. */
import { randomUUID } from 'node:crypto';
import { deal } from './deal.js';
import { commandOf, STEPS, type DealPlot } from './plot.js';
import { evolve } from '../../src/kernel/aggregate.js';
import type { AnyCommand } from '../../src/kernel/command.js';
import { eventId } from '../../src/kernel/derived-id.js';
import type { Stream } from '../../src/kernel/event.js';
import type { EventToAppend } from '../../src/log/port.js';
import { commandHash } from '../../src/pipeline/command-hash.js';

export const ACTOR = 'bench';

export function streamOf({ id }: Pick<DealPlot, 'id'>): Stream {
  return { type: deal.type, id };
}

/** One event for each step of the deal's life. */
export function eventsOf(deals: number, plot: DealPlot): readonly EventToAppend[] {
  let state = deal.initial;
  return Array.from({ length: STEPS }, (_, revision) => {
    const command = commandOf(deals, plot, revision);
    const [event] = command.decide(state as never, undefined as never);
    if (!event) throw new TypeError('Every step of a deal decides one event.');
    const decided = { ...event, ...recordOf(command, command.occurredAt ?? '') };
    const metadata = { ...decided.metadata, recordedAt: '' };
    state = evolve(deal, state, { ...decided, stream: streamOf(plot), revision, position: 0, metadata });
    return decided;
  });
}

/** What is noted with the first event that a command decides. @param occurredAt ISO 8601 */
export function recordOf(command: AnyCommand, occurredAt: string): Pick<EventToAppend, 'id' | 'metadata'> {
  const commandId = randomUUID();
  return {
    id: eventId(commandId, 0),
    metadata: {
      commandId,
      commandHash: commandHash(command),
      actor: ACTOR,
      correlationId: commandId,
      causationId: commandId,
      occurredAt,
    },
  };
}
