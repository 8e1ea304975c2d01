/** Rules as sentences: given what happened, when somebody asks for something, then this happens, or the rule says no. */
import { expect } from '@jest/globals';
import type { NewEvent } from '../../../contracts/event.js';
import type { Fields, Given as Values } from '../../../contracts/fields/index.js';
import type { RecordTypeName } from '../../../contracts/record-types.js';
import type { AnyCommandDefinition, CommandDefinition, DecisionContext } from '../../../src/kernel/command.js';
import type { RecordedEvent } from '../../../src/kernel/event.js';
import { InvalidInput } from '../../../src/kernel/input.js';
import type { RecordType } from '../../../src/kernel/record-type.js';
import type { AnyRecordType } from '../../../src/kernel/record.js';
import { Rejection } from '../../../src/kernel/rejection.js';

/** The record's id in all that the kit runs. */
export const ID = 'r1';
const FIRST = Date.parse('2018-02-01T09:00:00.000Z');
const HOUR = 3_600_000;

/** An event that happened at a time of its own; the others happen at 09:00 on 1 February 2018 and an hour later each. */
export interface Timed<Event extends NewEvent = NewEvent> {
  readonly event: Event;
  readonly at: string;
}

export const at = <Event extends NewEvent>(instant: string, event: Event): Timed<Event> => ({ event, at: instant });

type Happened<Event extends NewEvent = NewEvent> = Event | Timed<Event>;

/** What happened to other records, by the names under which a command looks at them. */
type Others = Readonly<Record<string, readonly Happened[]>>;

/** The input of a command without the record's id. */
type Input<I extends Fields> = keyof I extends never ? Readonly<Record<string, never>> : Values<I>;

/** The input and the context; the input may be left out where no field is required. */
type Asked<I extends Fields> =
  Partial<Values<I>> extends Values<I>
    ? readonly [input?: Input<I>, context?: Partial<DecisionContext>]
    : readonly [input: Input<I>, context?: Partial<DecisionContext>];

interface Given<Type extends RecordTypeName, Event extends NewEvent> {
  /** What happened to the other records that the command looks at. */
  knowing(others: Others): Given<Type, Event>;
  /** Runs a command of this record type. The context defaults to actor `ana`, noon on 1 March 2018. */
  when<I extends Fields, Creates extends boolean>(command: CommandDefinition<Type, I, Creates>, ...asked: Asked<I>): When<Event>;
  /** The same with plain values, as they come from outside, which need not be valid. */
  whenGiven(
    command: AnyCommandDefinition & { readonly record: { readonly type: Type } },
    plain: Readonly<Record<string, unknown>>,
    context?: Partial<DecisionContext>,
  ): When<Event>;
}

interface When<Event extends NewEvent> {
  then(events: readonly Event[]): void;
  thenRejected(code: string, field?: string): void;
  /** The input is refused before any rule looks at it. */
  thenInvalid(...fields: readonly string[]): void;
}

export function given<Type extends RecordTypeName, State, Event extends NewEvent>(
  record: RecordType<Type, State, Event>,
  past: readonly Happened<Event>[],
  others: Others = {},
): Given<Type, Event> {
  const whenGiven = (
    command: AnyCommandDefinition,
    plain: Readonly<Record<string, unknown>> = {},
    context: Partial<DecisionContext> = {},
  ): When<Event> => outcome(() => decide(command, record, past, others, plain, context));
  return {
    knowing: (more) => given(record, past, { ...others, ...more }),
    when: (command, ...[input, context]) => whenGiven(command, input, context),
    whenGiven,
  };
}

function decide(
  command: AnyCommandDefinition,
  record: AnyRecordType,
  past: readonly Happened[],
  others: Others,
  plain: Readonly<Record<string, unknown>>,
  context: Partial<DecisionContext>,
): readonly NewEvent[] {
  expect(command.record).toBe(record);
  const { input } = command.from(command.creates ? plain : { id: ID, ...plain });
  const state = stateOf(record, ID, past);
  const looked = command.reads(state, input).map(({ name, record: other, id }): readonly [string, unknown] => {
    if (id === null) return [name, null];
    const known = others[name];
    if (!known) throw new Error(`${command.name} looks at "${name}": tell what happened to it with .knowing({ ${name}: […] }).`);
    return [name, stateOf(other, id, known)];
  });
  const defaults = { id: ID, actor: 'ana', occurredAt: '2018-03-01T12:00:00.000Z' };
  return command.decide(state, input, { ...defaults, ...context, ...Object.fromEntries(looked) });
}

function outcome<Event extends NewEvent>(decided: () => readonly NewEvent[]): When<Event> {
  return {
    then: (events) => {
      expect(decided()).toEqual(events);
    },
    thenRejected: (code, field) => {
      const refusal = failureOf(decided);
      if (!(refusal instanceof Rejection)) throw refusal instanceof Error ? refusal : new Error(String(refusal));
      expect(refusal).toMatchObject(field === undefined ? { code } : { code, field });
    },
    thenInvalid: (...fields) => {
      const refusal = failureOf(decided);
      expect(refusal).toBeInstanceOf(InvalidInput);
      expect(refusal).toMatchObject({ problems: fields.map((field) => ({ field })) });
    },
  };
}

/** The state that a record is in after its events. */
function stateOf(record: AnyRecordType, id: string, past: readonly Happened[]): unknown {
  return past
    .map((one, revision) => {
      const { event, at: occurredAt } = 'event' in one ? one : { event: one, at: new Date(FIRST + revision * HOUR).toISOString() };
      return recordedAs(event, { type: record.type, id }, revision, revision + 1, occurredAt);
    })
    .reduce<unknown>((state, event) => record.evolve(state, event), undefined);
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
