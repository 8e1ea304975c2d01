/** What people ask for. A command is a class: its fields are its input, `decide` holds its rules. */
import type { NewEvent } from '../../contracts/event.js';
import type { Aggregate, Reference } from './aggregate.js';
import { Field } from './field.js';
import { Id, Instant, Int, Uuid } from './field-type.js';

/** What a rule may know besides its record's state and its own input. No clock and no chance: both are passed in here. */
export interface Facts {
  /** The record's id. */
  readonly id: string;
  /** Who asks. */
  readonly actor: string;
  /** When it happened in the world, ISO 8601 in UTC. */
  readonly occurredAt: string;
}

/** What every command has: how to tell it from another, which revision it was made for, when it happened. */
abstract class CommandInput {
  /** Makes the command safe to send again: the same id with the same input answers with the first result. */
  @Field(Uuid, {
    optional: true,
    description: 'A UUID. Send the same one again to repeat the request safely; made by the server when absent.',
  })
  readonly commandId?: string;

  @Field(Int(0), { optional: true, description: 'Refuse with STALE_REVISION unless the record stands at this revision.' })
  readonly expectedRevision?: number;

  @Field(Instant, { optional: true, description: 'When it happened in the world; now when absent, never in the future.' })
  readonly occurredAt?: string;

  /** The records whose states the rules look at; they reach `decide` under the same names. Of types that `@Command` declares. */
  reads?(state: never): Readonly<Record<string, Reference<unknown>>>;

  /** The events that follow from the command; none when it changes nothing. @throws Rejection when a rule says no. */
  abstract decide(state: never, facts: never): readonly NewEvent[];
}

/** A command that begins a record. */
export abstract class Creating extends CommandInput {
  @Field(Id, { optional: true, description: 'The id of the new record; derived from commandId when absent.' })
  readonly id?: string;
}

/** A command on a record that exists. */
export abstract class Existing extends CommandInput {
  @Field(Id, { description: 'The id of the record.' })
  readonly id!: string;
}

export type AnyCommand = Creating | Existing;
export type CommandClass<C extends AnyCommand = AnyCommand> = new () => C;

export interface CommandSpec {
  /** The class name, `QualifyLead`. */
  readonly name: string;
  readonly aggregate: Aggregate<unknown, never>;
  readonly creates: boolean;
  /** The roles that may issue it. */
  readonly may: readonly string[];
  /** The record types of what it `reads`. */
  readonly looksAt: readonly string[];
}

const commands = new WeakMap<object, CommandSpec>();

/** Declares a command of a record type, the roles that may issue it, and the other record types that its rules look at. */
export function Command<State, Event extends NewEvent>(
  aggregate: Aggregate<State, Event>,
  options: { readonly may: readonly string[]; readonly looksAt?: readonly Pick<Aggregate, 'type'>[] },
): (target: CommandClass) => void {
  return (target) => {
    commands.set(target, {
      name: target.name,
      aggregate,
      creates: target.prototype instanceof Creating,
      may: options.may,
      looksAt: (options.looksAt ?? []).map(({ type }) => type),
    });
  };
}

/** @throws TypeError when the class is not marked with `@Command`. */
export function commandSpec(target: CommandClass): CommandSpec {
  const spec = commands.get(target);
  if (!spec) throw new TypeError(`${target.name} is not marked with @Command.`);
  return spec;
}
