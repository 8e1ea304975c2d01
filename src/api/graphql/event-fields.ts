/** What is told of an event wherever it is shown. */
import { GraphQLID, GraphQLInt, GraphQLNonNull, type GraphQLFieldConfigMap } from 'graphql';
import type { RecordedEvent } from '../../kernel/event.js';
import { actorField } from './actor.js';
import type { ApiContext } from './context.js';
import { DateTimeScalar, JsonScalar, PositionScalar } from './scalars.js';

/** What the fields are resolved from. */
export interface ShownEvent {
  readonly event: RecordedEvent;
}

const metadata = (name: keyof RecordedEvent['metadata'], description: string) => ({
  description,
  resolve: ({ event }: ShownEvent) => event.metadata[name],
});

export const eventFields = {
  id: { type: new GraphQLNonNull(GraphQLID), description: 'A UUID, unique in the log.', resolve: ({ event }) => event.id },
  version: {
    type: new GraphQLNonNull(GraphQLInt),
    description: 'The version of the event type that the data is shown in.',
    resolve: ({ event }) => event.version,
  },
  revision: {
    type: new GraphQLNonNull(GraphQLInt),
    description: 'The place among the events of its record, from 0.',
    resolve: ({ event }) => event.revision,
  },
  position: {
    type: new GraphQLNonNull(PositionScalar),
    description: 'The place in the order of all events.',
    resolve: ({ event }) => event.position,
  },
  occurredAt: { type: new GraphQLNonNull(DateTimeScalar), ...metadata('occurredAt', 'When it happened in the world.') },
  recordedAt: { type: new GraphQLNonNull(DateTimeScalar), ...metadata('recordedAt', 'When the system recorded it.') },
  importedAt: {
    type: DateTimeScalar,
    ...metadata('importedAt', 'When it was carried over from another system with its times; else null.'),
  },
  actorId: { type: new GraphQLNonNull(GraphQLID), ...metadata('actor', 'Who did it.') },
  ...actorField('actorId', ({ event }: ShownEvent) => event.metadata.actor, true),
  onBehalfOfId: { type: GraphQLID, ...metadata('onBehalfOf', 'For whom, when a program or a deputy did it.') },
  ...actorField('onBehalfOfId', ({ event }: ShownEvent) => event.metadata.onBehalfOf, false),
  commandId: { type: new GraphQLNonNull(GraphQLID), ...metadata('commandId', 'The command that decided it.') },
  correlationId: { type: new GraphQLNonNull(GraphQLID), ...metadata('correlationId', 'Shared by everything that one request set off.') },
  causationId: {
    type: new GraphQLNonNull(GraphQLID),
    ...metadata('causationId', 'The command, or the event that a process manager answered.'),
  },
  data: {
    type: JsonScalar,
    description: 'What happened, as it is stored; see contracts/events.schema.json. Null when you may not see it.',
    resolve: ({ event }) => event.data,
  },
} satisfies GraphQLFieldConfigMap<ShownEvent, ApiContext>;
