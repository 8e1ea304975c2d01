/** Dead letters: documents that wait for an event that could not be applied, and what an operator decides about them. */
import {
  GraphQLID,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLEnumType,
  type GraphQLInputFieldConfigMap,
} from 'graphql';
import { buildName } from '../../../views/port/build-identity.js';
import type { BuildDeadLetter, Skip } from '../../../projector/dead-letter-administration.js';
import type { UnappliedEvent } from '../../../views/port/dead-letters.js';
import { connectionType, pageArguments, pageOf, type PageArguments } from '../connection.js';
import type { ApiContext } from '../context.js';
import { text, whole } from '../non-null.js';
import { DateTimeScalar, PositionScalar } from '../scalars.js';
import type { Fields } from '../types.js';
import { commandIdInput, operationMutation, readModelInput } from './mutation.js';

interface DeadLettersArguments extends PageArguments {
  readonly readModel?: string | null;
}

/** @param types the enums of event types and record types; what is in neither is null */
export function deadLetterQueries(types: { readonly eventType: GraphQLEnumType; readonly recordType: GraphQLEnumType }): Fields {
  const known = (type: GraphQLEnumType, value: string) => (type.getValues().some((each) => each.value === value) ? value : null);
  const unappliedEvent = new GraphQLObjectType<UnappliedEvent, ApiContext>({
    name: 'UnappliedEvent',
    description: 'An event that was not applied to a document.',
    fields: {
      eventId: { type: new GraphQLNonNull(GraphQLID), description: 'The id of the event.', resolve: ({ id }) => id },
      type: {
        type: types.eventType,
        description: 'What kind of event it is; null when this release does not know the type.',
        resolve: ({ type }) => known(types.eventType, type),
      },
      recordType: {
        type: types.recordType,
        description: 'The type of the record that it happened to; null when this release does not know it.',
        resolve: ({ stream }) => known(types.recordType, stream.type),
      },
      recordId: {
        type: new GraphQLNonNull(GraphQLID),
        description: 'The id of the record that it happened to.',
        resolve: ({ stream }) => stream.id,
      },
      revision: { type: whole, description: 'The place among the events of its record, from 0.' },
      position: { type: new GraphQLNonNull(PositionScalar), description: 'The place in the order of all events.' },
      error: { type: GraphQLString, description: 'Why it could not be applied; null when it waits behind another.' },
      attempts: { type: whole, description: 'How often it was tried.' },
      since: { type: new GraphQLNonNull(DateTimeScalar), description: 'When it became part of the dead letter.' },
    },
  });
  const unappliedEvents = connectionType('UnappliedEvent', unappliedEvent);
  const deadLetter = new GraphQLObjectType<BuildDeadLetter, ApiContext>({
    name: 'DeadLetter',
    description: 'A document that waits since an event could not be applied to it, with the later events of the same document.',
    fields: {
      readModel: { type: text, description: 'The name of the read model.', resolve: ({ build }) => build.name },
      version: { type: whole, description: 'The version of the read model.', resolve: ({ build }) => build.version },
      build: { type: whole, description: 'The number of the build.', resolve: ({ build }) => build.number },
      key: { type: text, description: 'The key of the document.' },
      first: { type: new GraphQLNonNull(unappliedEvent), description: 'The event that could not be applied.' },
      events: {
        type: unappliedEvents,
        description: 'The events that were not applied, the first included, oldest first: 500 of them at most. totalCount counts all.',
        args: pageArguments,
        resolve: async ({ build, key, eventCount }, page: PageArguments, { services, budget }, info) => {
          const { events } = await budget.ask(() => services.administration.deadLetters.get(build.name, key, build.number));
          const connection = pageOf(events, page, ({ id }) => id);
          budget.found(connection.nodes.length, info);
          return { ...connection, totalCount: eventCount };
        },
      },
    },
  });
  return {
    deadLetters: {
      type: connectionType('DeadLetter', deadLetter),
      description: 'Documents that wait, of all read models or of one.',
      args: { readModel: { type: GraphQLString, description: 'The name of a read model; all of them when absent.' }, ...pageArguments },
      resolve: async (_, { readModel, ...page }: DeadLettersArguments, { services }) =>
        pageOf(
          await services.administration.deadLetters.list(readModel ?? undefined),
          page,
          ({ build, key }) => `${buildName(build)} ${key}`,
        ),
    },
  };
}

interface DecisionInput {
  readonly readModel: string;
  readonly key?: string | null;
  readonly commandId?: string | null;
}

interface SkipInput extends Skip {
  readonly readModel: string;
  readonly commandId?: string | null;
}

/** Both decisions are recorded in the log, and carried out when the read model reaches their position. */
export function deadLetterMutations(userErrors: Fields): readonly Fields[] {
  const payload: Fields = {
    commandId: { type: new GraphQLNonNull(GraphQLID), description: 'Send it again, with the same input, to repeat the request safely.' },
    position: {
      type: PositionScalar,
      description: 'Where the decision is in the log. It is carried out when the read model reaches it.',
    },
  };
  const key = (type: typeof GraphQLString | typeof text, description: string): GraphQLInputFieldConfigMap => ({
    key: { type, description },
  });
  return [
    operationMutation<DecisionInput>(
      'retryDeadLetters',
      {
        description: 'Tries again what waits, of one document or of a whole read model.',
        input: {
          ...readModelInput,
          ...key(GraphQLString, 'The key of the document; every one that waits when absent.'),
          ...commandIdInput,
        },
        payload,
        work: async ({ readModel, key: of, commandId: given }, { services, request }, commandId) => {
          const asked = { ...request, commandId };
          const { position } = await services.administration.deadLetters.retry(readModel, of ?? undefined, asked, given ?? undefined);
          return { position };
        },
      },
      userErrors,
    ),
    operationMutation<SkipInput>(
      'skipDeadLetter',
      {
        description:
          'Leaves the event that could not be applied out of the document for good. Refused when it is no longer the first that waits.',
        input: {
          ...readModelInput,
          ...key(text, 'The key of the document.'),
          eventId: { type: new GraphQLNonNull(GraphQLID), description: 'The first event that waits, as deadLetters gives it.' },
          reason: { type: text, description: 'Why it may be left out.' },
          ...commandIdInput,
        },
        payload,
        work: async ({ readModel, commandId: given, ...skip }, { services, request }, commandId) => {
          const { position } = await services.administration.deadLetters.skip(
            readModel,
            skip,
            { ...request, commandId },
            given ?? undefined,
          );
          return { position };
        },
      },
      userErrors,
    ),
  ];
}
