/** `events`: the log as a subscription, from any position on, each event with the position to resume after. */
import { GraphQLID, GraphQLList, GraphQLNonNull, GraphQLObjectType, type GraphQLEnumType } from 'graphql';
import { toShow, type Position } from '../../kernel/event.js';
import type { ApiContext } from './context.js';
import { badInput } from './errors.js';
import { eventFields, type ShownEvent } from './event-fields.js';
import { startOf, stoppable, untilTaken } from './live.js';
import { PositionScalar } from './scalars.js';
import type { Fields } from './types.js';

interface EventsArguments {
  readonly types?: readonly string[] | null;
  readonly after?: Position | null;
}

/** Events read from the log at a time; they are sent one by one, each when the client has taken the one before. */
const PAGE = 100;

export function eventsField(eventType: GraphQLEnumType, recordType: GraphQLEnumType): Fields[string] {
  const every = eventType.getValues().map(({ value }) => value as string);
  const recordedEvent = new GraphQLObjectType<ShownEvent, ApiContext>({
    name: 'RecordedEvent',
    description: 'One event of the log.',
    fields: {
      ...eventFields,
      type: { type: new GraphQLNonNull(eventType), description: 'What kind of event it is.', resolve: ({ event }) => event.type },
      recordType: {
        type: new GraphQLNonNull(recordType),
        description: 'The type of the record that it happened to.',
        resolve: ({ event }) => event.stream.type,
      },
      recordId: {
        type: new GraphQLNonNull(GraphQLID),
        description: 'The id of the record that it happened to.',
        resolve: ({ event }) => event.stream.id,
      },
    },
  });
  return {
    type: new GraphQLNonNull(recordedEvent),
    description: 'Every event, in the order of the log: first those after a position, then new ones as they are recorded.',
    args: {
      types: { type: new GraphQLList(new GraphQLNonNull(eventType)), description: 'Of these types only; of all, when absent.' },
      after: { type: PositionScalar, description: 'To resume, the position of the last event that you have. Now, when absent.' },
    },
    subscribe: async (_, { types, after }: EventsArguments, context) => {
      const asked = [...new Set(types ?? every)];
      if (asked.length === 0) {
        throw badInput('BAD_USER_INPUT', 'types', 'types must name at least one type. For all of them, leave it out.');
      }
      const start = await startOf(context, after);
      return stoppable((signal) => follow(context, start, asked, signal));
    },
  };
}

async function* follow(
  context: ApiContext,
  start: Position,
  types: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<object, void, void> {
  let sent = start;
  for await (const { events } of context.services.log.tail(start, { limit: PAGE, types, signal })) {
    for (const event of events) {
      await untilTaken(context, sent, types);
      if (signal.aborted) return;
      yield { events: { event: toShow(event, context.services.definitions) } satisfies ShownEvent };
      sent = event.position;
    }
  }
}
