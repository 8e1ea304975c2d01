/** Record types: how events evolve the state that rules decide on, and the commands that append events. */
import type { AnyEventDefinition, EventOf, NewEvent } from '../../contracts/event.js';
import type { Fields, None } from '../../contracts/fields/index.js';
import type { RecordTypeName } from '../../contracts/record-types.js';
import { defineCommand, type ChangesOptions, type CommandDefinition, type CreatesOptions, type LooksAt } from './command.js';
import type { Recorded, RecordedEvent } from './event.js';
import type { AnyRecordType } from './record.js';

export interface RecordType<Type extends RecordTypeName, State, Event extends NewEvent> extends AnyRecordType {
  readonly type: Type;
  evolve(state: State | undefined, event: RecordedEvent): State | undefined;
  /** Declares a command that creates a record. */
  creates<I extends Fields, L extends LooksAt = None>(name: string, options: CreatesOptions<I, L, Event>): CommandDefinition<Type, I, true>;
  /** Declares a command on an existing record. */
  changes<I extends Fields = None, L extends LooksAt = None>(
    name: string,
    options: ChangesOptions<State, I, L, Event>,
  ): CommandDefinition<Type, I, false>;
}

type OfType<Event extends NewEvent, Type extends string> = Recorded<Extract<Event, { type: Type }>>;

interface Rules<State, Event extends NewEvent, First extends Event['type']> {
  /** The initial state, by type of the first event. */
  readonly begins: { readonly [Type in First]: (event: OfType<Event, Type>) => State };
  /** The next state, by type of every later event. */
  readonly evolves: { readonly [Type in Exclude<Event['type'], First>]: (state: State, event: OfType<Event, Type>) => State };
  /** The event after which no command changes the record any more. */
  readonly erasedBy?: Exclude<Event['type'], First>;
}

type Handlers<First> = Readonly<Record<string, (first: First, event: RecordedEvent) => unknown>>;

/**
 * Declares a record type: `recordType<Voucher>()('voucher', voucherEvents, { begins, evolves })`.
 * Each event type is in exactly one of the two tables.
 */
export function recordType<State>() {
  return <Type extends RecordTypeName, const Events extends readonly AnyEventDefinition[], First extends EventOf<Events>['type']>(
    type: Type,
    events: Events,
    rules: Rules<State, EventOf<Events>, First>,
  ): RecordType<Type, State, EventOf<Events>> => {
    const begins = rules.begins as unknown as Handlers<RecordedEvent>;
    const evolves = rules.evolves as unknown as Handlers<State>;
    const commandNames: string[] = [];
    const record: RecordType<Type, State, EventOf<Events>> = {
      type,
      events,
      commandNames,
      erasedBy: rules.erasedBy,
      evolve: (state, event) => {
        if (state !== undefined) return (Object.hasOwn(evolves, event.type) ? evolves[event.type]?.(state, event) : state) as State;
        if (Object.hasOwn(begins, event.type)) return begins[event.type]?.(event, event) as State;
        if (!Object.hasOwn(evolves, event.type)) return undefined;
        throw new RangeError(`${type} ${event.stream.id}: ${event.type}, at revision ${event.revision}, can't be a record's first event.`);
      },
      creates: (name, options) => {
        commandNames.push(name);
        return defineCommand(record, name, true, options);
      },
      changes: (name, options) => {
        commandNames.push(name);
        return defineCommand(record, name, false, options);
      },
    };
    return record;
  };
}
