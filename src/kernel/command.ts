/** Commands. A command has fields, which are its input, and `decide`, which holds its rules. */
import type { NewEvent } from '../../contracts/event.js';
import { Id, Instant, Int, Uuid, type Fields, type Given, type Whole } from '../../contracts/fields/index.js';
import type { RecordTypeName } from '../../contracts/record-types.js';
import { reader } from './input.js';
import type { AnyRecordType, StateOf } from './record.js';

/** Permissions are granted by verb; each command has one. */
export type Verb =
  | 'create'
  | 'change'
  /** Gives a record to another owner. */
  | 'assign'
  /** Reopens what was closed. */
  | 'correct'
  /** Defines what other records refer to: pipelines, processes, types. */
  | 'define'
  /** Erases the texts of a record. The mutation `eraseText` offers those of all record types. */
  | 'eraseText'
  /** Issued only by process managers; not part of the GraphQL contract. */
  | 'system'
  /** Operates Daybook itself. */
  | 'operate';

/** What a rule may use besides the state and the input. Rules are pure: the time is passed in here. */
export interface DecisionContext {
  /** The id of the record. */
  readonly id: string;
  /** The user who issued the command. */
  readonly actor: string;
  /** When it happened in the world, ISO 8601 in UTC. */
  readonly occurredAt: string;
}

/** A record type in `looksAt` whose record may be absent. */
export interface Optional<R extends AnyRecordType = AnyRecordType> {
  readonly optional: R;
}

/** Marks a record in `looksAt` as optional: its state is null when there is none. */
export function optional<R extends AnyRecordType>(record: R): Optional<R> {
  return { optional: record };
}

/** The other records that a command's rules need. `decide` gets their states by the same names. */
export type LooksAt = Readonly<Record<string, AnyRecordType | Optional>>;

/** The ids of those records. */
type Ids<L extends LooksAt> = { readonly [Name in keyof L]: L[Name] extends Optional ? string | null : string };

/** The states of those records. */
type States<L extends LooksAt> = {
  readonly [Name in keyof L]: L[Name] extends Optional<infer R>
    ? StateOf<R> | null
    : L[Name] extends AnyRecordType
      ? StateOf<L[Name]>
      : never;
};

interface Options<L extends LooksAt> {
  /** A sentence for the published contract. */
  readonly description: string;
  /** Defaults to `create` or `change`. */
  readonly verb?: Verb;
  readonly looksAt?: L;
}

export interface CreatesOptions<I extends Fields, L extends LooksAt, Event extends NewEvent> extends Options<L> {
  readonly input: I;
  /** The ids of the records in `looksAt`. */
  readonly reads?: (input: Whole<I>) => Ids<L>;
  /** The first events of the record. @throws Rejection when a rule refuses */
  readonly decide: (input: Whole<I>, context: DecisionContext & States<L>) => readonly Event[];
}

export interface ChangesOptions<State, I extends Fields, L extends LooksAt, Event extends NewEvent> extends Options<L> {
  readonly input?: I;
  /** It erases the record: of one that is erased already it changes nothing. All other commands are refused then. */
  readonly erases?: true;
  /** The ids of the records in `looksAt`. */
  readonly reads?: (state: State, input: Whole<I>) => Ids<L>;
  /** The resulting events; none when nothing changes. @throws Rejection when a rule refuses */
  readonly decide: (state: State, input: Whole<I>, context: DecisionContext & States<L>) => readonly Event[];
}

/** A command with validated input. */
export interface Command {
  readonly definition: AnyCommandDefinition;
  /** Null when the server generates it. */
  readonly commandId: string | null;
  /** The id of the record; null when the server derives the id of a new record. */
  readonly id: string | null;
  readonly expectedRevision: number | null;
  /** Null when it happens now. */
  readonly occurredAt: string | null;
  /** The values of the command's own fields. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** A command's definition, whatever its input type. */
export interface AnyCommandDefinition {
  /** Such as `QualifyLead`: unique in the whole contract, never changed. */
  readonly name: string;
  readonly description: string;
  readonly verb: Verb;
  readonly record: AnyRecordType;
  /** Whether it creates a record. */
  readonly creates: boolean;
  /** Whether it erases the personal data of a record for good. */
  readonly erases: boolean;
  /** All input fields, by name. */
  readonly fields: Fields;
  /** The input fields without those that all commands have. */
  readonly own: Fields;
  /** The record types of the other records that its rules need. */
  readonly looksAt: readonly AnyRecordType[];
  /** The other records that its rules need, by the names under which `decide` gets their states. */
  reads(state: unknown, input: unknown): readonly { readonly name: string; readonly record: AnyRecordType; readonly id: string | null }[];
  decide(state: unknown, input: unknown, context: DecisionContext): readonly NewEvent[];
  /** Validates plain values from outside. @throws InvalidInput with all problems */
  from(plain: unknown): Command;
}

const common = {
  commandId: Uuid.optional().describe(
    'A UUID. Send the same one again to repeat the request safely. Defaults to one that the server generates.',
  ),
  occurredAt: Instant.optional().describe('When it happened in the world, not in the future. Defaults to now.'),
};
const creating = { ...common, id: Id.optional().describe('The id of the new record. Defaults to one derived from commandId.') };
const changing = {
  ...common,
  id: Id.describe('The id of the record.'),
  expectedRevision: Int(0).optional().describe('The command is refused with STALE_REVISION if the record is at another revision.'),
};

/** The names of the fields that all commands have. */
const commonFields: ReadonlySet<string> = new Set(Object.keys(changing));

type Common<Creates extends boolean> = Creates extends true ? typeof creating : typeof changing;

/** A command of a record type. Called with its input, it creates a command. @throws InvalidInput for values that types don't exclude */
export interface CommandDefinition<
  Type extends RecordTypeName = RecordTypeName,
  I extends Fields = Fields,
  Creates extends boolean = boolean,
> extends AnyCommandDefinition {
  (input: Given<I & Common<Creates>>): Command;
  readonly record: AnyRecordType & { readonly type: Type };
  readonly own: I;
  readonly creates: Creates;
}

/** A declaration without its type parameters. */
interface Declared {
  readonly description: string;
  readonly verb?: Verb;
  readonly looksAt?: LooksAt;
  readonly input?: Fields;
  readonly erases?: boolean;
  reads?(this: void, first: unknown, second?: unknown): Readonly<Record<string, string | null>>;
  decide(this: void, first: unknown, second: unknown, third?: unknown): readonly NewEvent[];
}

/** @throws TypeError when a field has the name of one that all commands have */
export function defineCommand<Type extends RecordTypeName, I extends Fields, Creates extends boolean>(
  record: AnyRecordType & { readonly type: Type },
  name: string,
  creates: Creates,
  { description, verb, looksAt = {}, input, erases = false, reads, decide }: Declared,
): CommandDefinition<Type, I, Creates> {
  const own = (input ?? {}) as I;
  const taken = Object.keys(own).find((field) => commonFields.has(field));
  if (taken !== undefined) throw new TypeError(`${name}: ${taken} is a field of every command; it can't be declared again.`);
  const fields: Fields = { ...(creates ? creating : changing), ...own };
  const read = reader(name, fields);
  const recordOf = (look: AnyRecordType | Optional): AnyRecordType => ('optional' in look ? look.optional : look);
  const from = (plain: unknown): Command => {
    const {
      commandId,
      id,
      occurredAt,
      expectedRevision = null,
      ...rest
    } = read(plain) as Omit<Command, 'input' | 'definition' | 'expectedRevision'> & Partial<Pick<Command, 'expectedRevision'>>;
    return { definition, commandId, id, occurredAt, expectedRevision, input: rest };
  };
  const definition: CommandDefinition<Type, I, Creates> = Object.assign((values: unknown) => from(values), {
    description,
    verb: verb ?? (creates ? ('create' as const) : ('change' as const)),
    record,
    creates,
    erases,
    fields,
    own,
    looksAt: Object.values(looksAt).map(recordOf),
    reads: (state: unknown, values: unknown) => {
      const ids = (creates ? reads?.(values) : reads?.(state, values)) ?? {};
      return Object.entries(looksAt).map(([looked, look]) => ({ name: looked, record: recordOf(look), id: ids[looked] ?? null }));
    },
    decide: (state: unknown, values: unknown, context: DecisionContext) =>
      creates ? decide(values, context) : decide(state, values, context),
    from,
  });
  Object.defineProperty(definition, 'name', { value: name });
  return definition;
}
