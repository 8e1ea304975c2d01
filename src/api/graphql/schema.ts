/** The whole contract, made of the commands and read models that there are. */
import { GraphQLID, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, type GraphQLEnumType } from 'graphql';
import type { EventDefinition } from '../../../contracts/event.js';
import type { CommandClass } from '../../kernel/command.js';
import type { Projection } from '../../kernel/projection.js';
import type { ApiContext, MomentArguments } from './context.js';
import { readText } from './errors.js';
import { eventsField } from './events.js';
import { historyArguments, HistoryConnection, historyOf, type HistoryArguments } from './history.js';
import { pastArguments } from './moment-arguments.js';
import { mutations } from './mutations.js';
import { operationsMutations, operationsQueries } from './projection-operations.js';
import { progressField } from './projection-progress.js';
import { ReadModelFields } from './read-model-fields.js';
import { PositionScalar } from './scalars.js';
import { TypeRegistry, type Fields } from './types.js';

/** @throws TypeError when two types of the contract would have the same name. */
export function buildSchema(
  commands: readonly CommandClass[],
  projections: readonly Projection[],
  streamTypes: Readonly<Record<string, readonly EventDefinition[]>>,
): GraphQLSchema {
  const types = new TypeRegistry();
  const models = new ReadModelFields(types, projections);
  const recordType = types.enum('RecordType', Object.keys(streamTypes), 'The types of records that have a history.');
  const eventTypes = Object.values(streamTypes).flatMap((definitions) => definitions.map(({ type }) => type));
  return new GraphQLSchema({
    query: new GraphQLObjectType<object, ApiContext>({
      name: 'Query',
      fields: () => ({ ...models.queries(), ...logQueries(projections, recordType), ...operationsQueries() }),
    }),
    mutation: new GraphQLObjectType<object, ApiContext>({
      name: 'Mutation',
      fields: () => ({ ...mutations(commands, types, models), ...operationsMutations() }),
    }),
    subscription: new GraphQLObjectType<object, ApiContext>({
      name: 'Subscription',
      fields: () => ({
        ...models.subscriptions(),
        events: eventsField(types.enum('EventType', eventTypes), recordType),
        projectionProgress: progressField(),
      }),
    }),
  });
}

interface RecordHistoryArguments extends HistoryArguments, Omit<MomentArguments, 'minPosition'> {
  readonly type: string;
  readonly id: string;
}

/** What the log itself answers. */
function logQueries(projections: readonly Projection[], recordType: GraphQLEnumType): Fields {
  const byRecord = new Map(
    projections.flatMap((projection) => (projection.model.record ? [[projection.model.record, projection] as const] : [])),
  );
  return {
    history: {
      type: new GraphQLNonNull(HistoryConnection),
      description: 'Every event of a record, oldest first; empty when there is no such record.',
      args: {
        type: { type: new GraphQLNonNull(recordType) },
        id: { type: new GraphQLNonNull(GraphQLID) },
        ...historyArguments,
        ...pastArguments,
      },
      resolve: async (_, { type, id, first, after, ...past }: RecordHistoryArguments, context, info) =>
        historyOf(
          context,
          info,
          { type, id: readText('id', id) },
          byRecord.get(type),
          { first, after: after ?? null },
          await context.past(past),
        ),
    },
    logPosition: {
      type: new GraphQLNonNull(PositionScalar),
      description: 'The position of the last event: what minPosition can ask for now.',
      resolve: (_, __, { services }) => services.log.head(),
    },
  };
}
