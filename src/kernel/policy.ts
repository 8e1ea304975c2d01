/**
 * A policy, the field's process manager: an event in, commands out. It is pure, and its commands' ids derive from the event's, so that it may
 * run twice and act once.
 */
import type { AnyEventDefinition, EventOf } from '../../contracts/event.js';
import { patterns } from '../../contracts/fields/id.js';
import type { AnyCommandDefinition } from './command.js';
import type { Recorded, RecordedEvent } from './event.js';
import type { Document, Projection } from './projection.js';
import type { ReadModel } from './read-model.js';

/** A command that follows from an event. */
export interface Step {
  /** Tells this step from the policy's others for the same event: part of the command's id. */
  readonly name: string;
  readonly command: AnyCommandDefinition;
  /** Its input, which is validated when it is issued. */
  readonly input: unknown;
}

/**
 * A command that follows from an event.
 * @param name tells it from the policy's others for the same event; never changed once it has run
 */
export function step<Command extends AnyCommandDefinition & ((input: never) => unknown)>(
  name: string,
  command: Command,
  input: Parameters<Command>[0],
): Step {
  return { name, command, input };
}

type Steps = Iterable<Step> | AsyncIterable<Step>;

/** A read model whose documents have a known type. */
interface Findable<Doc = Document> extends Projection {
  readonly model: ReadModel<Doc>;
}

type DocumentOf<P> = P extends Findable<infer Doc> ? Doc : never;

/** Finds documents of a read model: those that have all these values, in the order of their keys, as of the event. */
type Find<Finds extends readonly Findable[]> = <P extends Finds[number]>(
  readModel: P,
  values: { readonly [Column in keyof DocumentOf<P>]?: DocumentOf<P>[Column] },
) => AsyncIterable<DocumentOf<P>>;

/** The same, whatever the read models. */
export type AnyFind = (readModel: Projection, values: Document) => AsyncIterable<Document>;

interface PolicyOptions<Events extends readonly AnyEventDefinition[], Finds extends readonly Findable[]> {
  /** Part of its commands' ids: never changed once it has run. 1 to 64 letters, digits, `_` or `-`, as of a record's id. */
  readonly name: string;
  /**
   * Where it begins when it is new: with the first event of the log, or with what is recorded from then on. That place stands in the log,
   * so that it is the same after the loss of the policy's checkpoint.
   */
  readonly from: 'beginning' | 'now';
  /** The events that it reacts to. */
  readonly events: Events;
  /** The read models that it looks at. */
  readonly finds?: Finds;
  /** The commands that follow from an event, in order; the same ones each time. */
  readonly on: {
    readonly [Type in EventOf<Events>['type']]: (
      event: Recorded<Extract<EventOf<Events>, { type: Type }>>,
      context: { readonly find: Find<Finds> },
    ) => Steps;
  };
}

export interface Policy {
  readonly name: string;
  readonly from: 'beginning' | 'now';
  /** The types of events that it reacts to. */
  readonly types: readonly string[];
  /** The names of the read models that it looks at. Where there are any, an event must have its place in the log. */
  readonly finds: readonly string[];
  react(event: RecordedEvent, context: { readonly find: AnyFind }): Steps;
}

/** Declares a policy. @throws TypeError when its name can't be the id of a record */
export function policy<const Events extends readonly AnyEventDefinition[], const Finds extends readonly Findable[] = readonly []>(
  options: PolicyOptions<Events, Finds>,
): Policy {
  const { name, from, events, finds = [] } = options;
  if (!patterns.id.test(name)) throw new TypeError(`The name of a policy has 1 to 64 letters, digits, "_" or "-"; "${name}" has not.`);
  const handlers = options.on as Readonly<Record<string, Policy['react'] | undefined>>;
  return {
    name,
    from,
    types: events.map(({ type }) => type),
    finds: finds.map(({ model }) => model.name),
    react: (event, context) => handlers[event.type]?.(event, context) ?? [],
  };
}
