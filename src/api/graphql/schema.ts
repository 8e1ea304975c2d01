/** The whole contract, made of the commands and read models that there are. */
import { GraphQLID, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, type GraphQLEnumType } from 'graphql';
import type { RecordTypeName } from '../../../contracts/record-types.js';
import type { Domain } from '../../domain.js';
import type { Projection } from '../../kernel/projection.js';
import { actorTypes } from './actor.js';
import { pageArguments, type PageArguments } from './connection.js';
import type { ApiContext, MomentArguments } from './context.js';
import { readText } from './errors.js';
import { eventsField } from './events.js';
import { historyConnection, historyOf } from './history.js';
import { pastArguments } from './moment-arguments.js';
import { mutations } from './mutations.js';
import { buildMutations, buildQueries } from './operations/builds.js';
import { deadLetterMutations, deadLetterQueries } from './operations/dead-letters.js';
import { textErasure } from './operations/erase-text.js';
import { progressField } from './operations/progress.js';
import { verificationMutations, verificationQueries } from './operations/verifications.js';
import { ReadModelFields } from './read-model-fields.js';
import { PositionScalar } from './scalars.js';
import { merged, TypeRegistry, type Fields } from './types.js';
import { userErrorsField } from './user-errors.js';

/** @throws TypeError when two types of the contract would have the same name. */
export function buildSchema(
  { offered, published, codes, textErasures }: Pick<Domain, 'offered' | 'published' | 'codes' | 'textErasures'>,
  projections: readonly Projection[],
): GraphQLSchema {
  const types = new TypeRegistry();
  const recordType = types.enum(
    'RecordType',
    published.map(({ type }) => type),
    'The types of records that have a history.',
    Object.fromEntries(projections.flatMap(({ model }) => (model.record ? [[model.record, model.description]] : []))),
  );
  const events = published.flatMap((record) => record.events);
  const eventType = types.enum(
    'EventType',
    events.map(({ type }) => type),
    'What can happen to records. contracts/events.schema.json has the data of each type.',
    Object.fromEntries(events.map(({ type, description }) => [type, description])),
  );
  const userErrors = userErrorsField(codes, published);
  const history = historyConnection(eventType);
  const models = new ReadModelFields(types, projections, history);
  return new GraphQLSchema({
    types: actorTypes,
    query: new GraphQLObjectType<object, ApiContext>({
      name: 'Query',
      description: 'What can be asked.',
      fields: () => ({
        ...models.queries(),
        ...logQueries(projections, recordType, history),
        ...buildQueries(),
        ...deadLetterQueries({ eventType, recordType }),
        ...verificationQueries(),
      }),
    }),
    mutation: new GraphQLObjectType<object, ApiContext>({
      name: 'Mutation',
      description: 'What can be done. Each field fails or succeeds by itself, in the order given.',
      fields: () =>
        merged([
          mutations(offered, types, models, userErrors),
          ...textErasure(textErasures, types, userErrors),
          ...buildMutations(userErrors),
          ...deadLetterMutations(userErrors),
          verificationMutations(userErrors),
        ]),
    }),
    subscription: new GraphQLObjectType<object, ApiContext>({
      name: 'Subscription',
      description: 'What can be followed.',
      fields: () => ({
        ...models.subscriptions(),
        events: eventsField(eventType, recordType),
        projectionProgress: progressField(),
      }),
    }),
  });
}

interface RecordHistoryArguments extends PageArguments, Omit<MomentArguments, 'minPosition'> {
  readonly recordType: RecordTypeName;
  readonly recordId: string;
}

/** What the log itself answers. */
function logQueries(projections: readonly Projection[], recordTypes: GraphQLEnumType, history: GraphQLObjectType): Fields {
  const byRecord = new Map(
    projections.flatMap((projection) => (projection.model.record ? [[projection.model.record, projection] as const] : [])),
  );
  return {
    history: {
      type: history,
      description: 'Every event of a record, oldest first; empty when there is no such record.',
      args: {
        recordType: { type: new GraphQLNonNull(recordTypes), description: 'The type of the record.' },
        recordId: { type: new GraphQLNonNull(GraphQLID), description: 'The id of the record.' },
        ...pageArguments,
        ...pastArguments,
      },
      resolve: async (_, { recordType, recordId, first, after, ...past }: RecordHistoryArguments, context, info) =>
        historyOf(
          context,
          info,
          { type: recordType, id: readText('recordId', recordId) },
          byRecord.get(recordType),
          { first, after: after ?? null },
          await context.past(past),
        ),
    },
    logPosition: {
      type: PositionScalar,
      description: 'The position of the last event: what minPosition can ask for now.',
      resolve: (_, __, { services }) => services.log.head(),
    },
  };
}
