/** Rules as sentences: given what happened, when somebody asks for something, then this happens, or the rule says no. */
import { expect } from '@jest/globals';
import type { NewEvent } from '../../../contracts/event.js';
import { evolve, type Aggregate } from '../../../src/kernel/aggregate.js';
import { commandSpec, type AnyCommand, type CommandClass, type Facts } from '../../../src/kernel/command.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import { fromInput, InvalidInput } from '../../../src/kernel/input.js';
import { Rejection } from '../../../src/kernel/rejection.js';

/** The record's id in all that the kit runs. */
export const ID = 'r1';
const FIRST = Date.parse('2018-02-01T09:00:00.000Z');
const HOUR = 3_600_000;

/** An event that happened at a time of its own; the others happen at 09:00 on 1 February 2018 and an hour later each. */
export interface Timed {
  readonly event: NewEvent;
  readonly at: string;
}

export const at = (instant: string, event: NewEvent): Timed => ({ event, at: instant });

type Happened = NewEvent | Timed;

interface Given {
  /** What happened to the other records that the command reads, by the names that it reads them under. */
  knowing(others: Readonly<Record<string, readonly Happened[]>>): Given;
  /** Builds the command as the program does, from plain input with the record's id. Facts default to actor `ana`, noon on 1 March 2018. */
  when<C extends AnyCommand>(command: CommandClass<C>, input?: Readonly<Record<string, unknown>>, facts?: Partial<Facts>): When;
}

interface When {
  then(events: readonly NewEvent[]): void;
  thenRejected(code: string, field?: string): void;
  /** The input is refused before any rule looks at it. */
  thenInvalid(...fields: readonly string[]): void;
}

export function given<State, Event extends NewEvent>(
  aggregate: Aggregate<State, Event>,
  past: readonly Happened[],
  others: Readonly<Record<string, readonly Happened[]>> = {},
): Given {
  return {
    knowing: (more) => given(aggregate, past, { ...others, ...more }),
    when: (command, input = {}, facts = {}) => {
      const spec = commandSpec(command);
      expect(spec.aggregate).toBe(aggregate);
      const decide = (): readonly NewEvent[] => {
        const made = fromInput(command, spec.creates ? input : { id: ID, ...input });
        const state = stateOf(aggregate as unknown as Aggregate<unknown, never>, ID, past);
        const reads = Object.entries(made.reads?.(state as never) ?? {}).map(([name, reference]) => {
          const known = others[name];
          if (!known) throw new Error(`${spec.name} reads "${name}": tell what happened to it with .knowing({ ${name}: […] }).`);
          return [name, stateOf(reference.aggregate, reference.id, known)];
        });
        const all = { id: ID, actor: 'ana', occurredAt: '2018-03-01T12:00:00.000Z', ...facts, ...Object.fromEntries(reads) };
        return made.decide(state as never, all as never);
      };
      return {
        then: (events) => {
          expect(decide()).toEqual(events);
        },
        thenRejected: (code, field) => {
          const refusal = failureOf(decide);
          expect(refusal).toBeInstanceOf(Rejection);
          expect(refusal).toMatchObject(field === undefined ? { code } : { code, field });
        },
        thenInvalid: (...fields) => {
          const refusal = failureOf(decide);
          expect(refusal).toBeInstanceOf(InvalidInput);
          expect((refusal as InvalidInput).problems.map((problem) => problem.field)).toEqual(fields);
        },
      };
    },
  };
}

/** The state that a record is in after its events. */
function stateOf<State>(aggregate: Aggregate<State, never>, id: string, past: readonly Happened[]): State {
  return past
    .map((one, revision) => {
      const { event, at: occurredAt } = 'event' in one ? one : { event: one, at: new Date(FIRST + revision * HOUR).toISOString() };
      return recordedAs(event, { type: aggregate.type, id }, revision, revision + 1, occurredAt);
    })
    .reduce((state, event) => evolve(aggregate, state, event), aggregate.initial);
}

/** An event as a log would have it. */
export function recordedAs(
  event: NewEvent,
  stream: RecordedEvent['stream'],
  revision: number,
  position: number,
  occurredAt: string,
  actor = 'ana',
): RecordedEvent {
  const id = `00000000-0000-4000-8000-${String(position).padStart(12, '0')}`;
  const metadata = { commandId: id, commandHash: '', actor, correlationId: id, causationId: id, occurredAt, recordedAt: occurredAt };
  return { ...event, id, stream, revision, position, metadata };
}

function failureOf(decide: () => unknown): unknown {
  let decided: unknown;
  try {
    decided = decide();
  } catch (failure) {
    return failure;
  }
  return new Error(`It was not refused: ${JSON.stringify(decided)}`);
}
