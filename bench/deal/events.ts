/** The events of a deal, decided by its commands without a log, to fill logs before the clock starts. */
import { randomUUID } from 'node:crypto';
import type { Deal } from './contract.js';
import { deal } from './deal.js';
import { commandOf, STEPS, type DealPlot } from './plot.js';
import type { Command } from '../../src/kernel/command.js';
import { eventId } from '../../src/kernel/derived-id.js';
import type { Stream } from '../../src/kernel/event.js';
import type { EventToAppend } from '../../src/log/port.js';
import { commandHash } from '../../src/command-handling/command-hash.js';

export const ACTOR = 'bench';

export function streamOf({ id }: Pick<DealPlot, 'id'>): Stream {
  return { type: deal.type, id };
}

/** One event for each step of the deal. */
export function eventsOf(deals: number, plot: DealPlot): readonly EventToAppend[] {
  let state: Deal | undefined;
  return Array.from({ length: STEPS }, (_, revision) => {
    const decided = eventOf(commandOf(deals, plot, revision), state, plot.id);
    state = deal.evolve(state, {
      ...decided,
      stream: streamOf(plot),
      revision,
      position: 0,
      metadata: { ...decided.metadata, recordedAt: '' },
    });
    return decided;
  });
}

/** The event of a command on a state. @throws TypeError when there is none */
export function eventOf(command: Command, state: unknown, id: string): EventToAppend {
  const occurredAt = command.occurredAt ?? new Date().toISOString();
  const [event] = command.definition.decide(state, command.input, { id, actor: ACTOR, occurredAt });
  if (!event) throw new TypeError(`${command.definition.name} decides no event.`);
  const commandId = randomUUID();
  return {
    ...event,
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
