/** What operations see and do: the builds of read models, verifications, dead letters. The same as `daybook projections` and `dead-letters`. */
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLOutputType,
} from 'graphql';
import { streamName, type Position } from '../../kernel/event.js';
import type { Difference } from '../../projector/difference.js';
import type { DeadLetter, Skip } from '../../projector/operations.js';
import type { Verification } from '../../projector/verify.js';
import type { VerificationJob } from '../../projector/verifications.js';
import type { BuildRecord, BuildState } from '../../views/builds.js';
import type { WaitingEvent } from '../../views/port.js';
import { rateNow, secondsLeft } from '../../views/progress.js';
import type { ApiContext } from './context.js';
import { badInput, readFirst } from './errors.js';
import { DateTimeScalar, JsonScalar, PositionScalar } from './scalars.js';
import type { Fields } from './types.js';

const text = new GraphQLNonNull(GraphQLString);
const whole = new GraphQLNonNull(GraphQLInt);
const position = new GraphQLNonNull(PositionScalar);
const listOf = (type: GraphQLOutputType) => new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));

const states: readonly BuildState[] = ['building', 'ready', 'live', 'retired'];
const BuildStateType = new GraphQLEnumType({
  name: 'ReadModelBuildState',
  description:
    'BUILDING: from the first event on. READY: has caught up, waits to take over. LIVE: answers queries. RETIRED: was live, and tails.',
  values: Object.fromEntries(states.map((state) => [state.toUpperCase(), { value: state }])),
});

/** The end of the log: as this server noted it last, or as the build's projector saw it, whichever looked later. */
function headOf({ position: at, head }: BuildRecord, { services }: ApiContext): Position {
  return Math.max(at, head, services.head());
}

/** A build as the register has it. */
export const ReadModelBuild = new GraphQLObjectType<BuildRecord, ApiContext>({
  name: 'ReadModelBuild',
  description: 'One built copy of a read model.',
  fields: {
    readModel: { type: text, resolve: ({ name }) => name },
    version: { type: whole },
    build: { type: whole, description: 'Counted from 1 for each read model.', resolve: ({ number }) => number },
    state: { type: new GraphQLNonNull(BuildStateType) },
    position: { type: position, description: 'Up to where it has the events of the log.' },
    head: {
      type: position,
      description:
        'The end of the log now. In the embedded log position and head are numbers of events; in EventStoreDB and KurrentDB they are places, and grow faster.',
      resolve: (build, _, context) => headOf(build, context),
    },
    progress: {
      type: new GraphQLNonNull(GraphQLFloat),
      description: 'How much of the log it has, from 0 to 1.',
      resolve: (build, _, context) => {
        const head = headOf(build, context);
        return head === 0 ? Number(build.finishedAt !== null) : build.position / head;
      },
    },
    events: { type: whole, description: 'Events that it was given, of the types that it names.' },
    eventsPerSecond: {
      type: new GraphQLNonNull(GraphQLFloat),
      description: 'Events that it was given, over the last seconds; 0 when none came.',
      resolve: (build) => rateNow(build),
    },
    secondsLeft: {
      type: GraphQLFloat,
      description: 'Until it has reached head, at the pace of the last seconds; null when that is not known, 0 when it has.',
      resolve: (build, _, context) => secondsLeft(build, headOf(build, context)),
    },
    parked: { type: whole, description: 'Documents that wait as dead letters.' },
    startedAt: { type: new GraphQLNonNull(DateTimeScalar) },
    finishedAt: { type: DateTimeScalar, description: 'When it had caught up for the first time.' },
    servedAt: { type: DateTimeScalar, description: 'When it began or ceased to answer queries.' },
    error: { type: GraphQLString, description: 'Why it does not go on.' },
  },
});

const WaitingEventType = new GraphQLObjectType<WaitingEvent, ApiContext>({
  name: 'WaitingEvent',
  description: 'An event that was not applied to a document.',
  fields: {
    eventId: { type: new GraphQLNonNull(GraphQLID), resolve: ({ id }) => id },
    type: { type: text },
    stream: { type: text, resolve: ({ stream }) => streamName(stream) },
    revision: { type: whole },
    position: { type: position },
    error: { type: GraphQLString, description: 'Why it could not be taken; null when it waits behind another.' },
    attempts: { type: whole },
    parkedAt: { type: new GraphQLNonNull(DateTimeScalar) },
  },
});

const DeadLetterType = new GraphQLObjectType<DeadLetter, ApiContext>({
  name: 'DeadLetter',
  description: 'A document that waits since an event of it could not be taken, with the later events of the same document.',
  fields: {
    readModel: { type: text, resolve: ({ build }) => build.name },
    version: { type: whole, resolve: ({ build }) => build.version },
    build: { type: whole, resolve: ({ build }) => build.number },
    key: { type: text },
    first: { type: new GraphQLNonNull(WaitingEventType), description: 'The event that could not be taken.' },
    waitingCount: { type: whole, description: 'Events that wait, that one counted.', resolve: ({ waiting }) => waiting },
    waiting: {
      type: listOf(WaitingEventType),
      description: 'The first 500 events that wait, oldest first.',
      resolve: async ({ build, key }, _, { services, budget }, info) => {
        const { waiting } = await budget.ask(() => services.operations.deadLetter(build.name, key, build.number));
        budget.found(waiting.length, info);
        return waiting;
      },
    },
  },
});

const DifferenceType = new GraphQLObjectType<Difference, ApiContext>({
  name: 'ReadModelDifference',
  description: 'A document that is not what the events make of it.',
  fields: {
    key: { type: text },
    problem: { type: text, description: 'missing, unexplained, changed, history or damaged.' },
    detail: { type: text },
    expected: { type: JsonScalar },
    actual: { type: JsonScalar },
  },
});

const VerificationResult = new GraphQLObjectType<Verification, ApiContext>({
  name: 'VerificationResult',
  fields: {
    readModel: { type: text },
    version: { type: whole },
    build: { type: whole, resolve: ({ number }) => number },
    position: { type: position, description: 'Where both were compared.' },
    documents: { type: whole, description: 'Documents that were compared.' },
    parked: { type: whole, description: 'Documents that differ since they wait as dead letters; they are not among the differences.' },
    differing: { type: whole },
    differences: { type: listOf(DifferenceType), description: 'The first 100.' },
  },
});

const VerificationType = new GraphQLObjectType<VerificationJob, ApiContext>({
  name: 'Verification',
  description: 'Read models built aside from the first event on and compared with those that answer.',
  fields: {
    id: { type: new GraphQLNonNull(GraphQLID) },
    readModels: { type: listOf(GraphQLString) },
    state: { type: text, description: 'waiting, building, comparing, done or failed.' },
    progress: { type: new GraphQLNonNull(GraphQLFloat), description: 'Of the step that runs, from 0 to 1.' },
    startedAt: { type: new GraphQLNonNull(DateTimeScalar) },
    finishedAt: { type: DateTimeScalar },
    equal: {
      type: GraphQLBoolean,
      description: 'Whether every document is what the events make of it; null before it is known.',
      resolve: ({ state, results }) => (state === 'done' ? results.every(({ differing }) => differing === 0) : null),
    },
    results: { type: listOf(VerificationResult) },
    error: { type: GraphQLString },
  },
});

const DecisionType = new GraphQLObjectType<{ readonly commandId: string; readonly position: number }, ApiContext>({
  name: 'DeadLetterDecision',
  description: 'A decision that stands in the log. It is carried out when the read model reaches its position.',
  fields: { commandId: { type: new GraphQLNonNull(GraphQLID) }, position: { type: position } },
});

const readModel = { readModel: { type: text, description: 'Such as leads.' } };
const input = (name: string, fields: ConstructorParameters<typeof GraphQLInputObjectType>[0]['fields']) => ({
  input: { type: new GraphQLNonNull(new GraphQLInputObjectType({ name, fields })) },
});
const commandId = { commandId: { type: GraphQLID, description: 'A UUID. Send the same one again to repeat the request safely.' } };

interface BuildInput {
  readonly readModel: string;
  readonly build?: number | null;
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

export function operationsQueries(): Fields {
  return {
    readModelBuilds: {
      type: listOf(ReadModelBuild),
      description: 'Every build that there is, of all read models or of one.',
      args: { readModel: { type: GraphQLString } },
      resolve: async (_, { readModel: name }: { readModel?: string | null }, { services }) => services.operations.builds(name ?? undefined),
    },
    deadLetters: {
      type: listOf(DeadLetterType),
      description: 'Documents that wait, of all read models or of one.',
      args: { readModel: { type: GraphQLString }, first: { type: whole, defaultValue: 50, description: 'From 1 to 500.' } },
      resolve: async (_, { readModel: name, first }: { readModel?: string | null; first: number }, { services }) =>
        (await services.operations.deadLetters(name ?? undefined)).slice(0, readFirst(first)),
    },
    verification: {
      type: VerificationType,
      description: 'One of the last verifications of this server; null when it does not know it (any more).',
      args: { id: { type: new GraphQLNonNull(GraphQLID) } },
      resolve: (_, { id }: { id: string }, { services }) => services.verifications.job(id) ?? null,
    },
  };
}

export function operationsMutations(): Fields {
  const builds = async ({ services }: ApiContext, { name, number }: { readonly name: string; readonly number: number }) =>
    (await services.operations.builds()).find((build) => build.name === name && build.number === number);
  return {
    rebuildReadModel: {
      type: ReadModelBuild,
      description: 'Begins a build of the newest version beside the one that answers, or tells of the one that is being built.',
      args: input('RebuildReadModelInput', readModel),
      resolve: async (_, { input: { readModel: name } }: { input: BuildInput }, context) =>
        builds(context, await context.services.operations.rebuild(name)),
    },
    cutOverReadModel: {
      type: ReadModelBuild,
      description: 'Makes a build that is ready the live one; the newest unless one is named.',
      args: input('CutOverReadModelInput', { ...readModel, build: { type: GraphQLInt } }),
      resolve: async (_, { input: { readModel: name, build } }: { input: BuildInput }, context) =>
        builds(context, await context.services.operations.cutOver(name, build ?? undefined)),
    },
    rollBackReadModel: {
      type: ReadModelBuild,
      description: 'Makes the build that was live before live again.',
      args: input('RollBackReadModelInput', { ...readModel, build: { type: GraphQLInt } }),
      resolve: async (_, { input: { readModel: name, build } }: { input: BuildInput }, context) =>
        builds(context, await context.services.operations.rollBack(name, build ?? undefined)),
    },
    dropReadModelBuild: {
      type: new GraphQLNonNull(GraphQLBoolean),
      description: 'Takes a build away that does not answer.',
      args: input('DropReadModelBuildInput', { ...readModel, build: { type: whole } }),
      resolve: async (_, { input: { readModel: name, build } }: { input: { readModel: string; build: number } }, { services }) => {
        await services.operations.drop(name, build);
        return true;
      },
    },
    verifyReadModels: {
      type: new GraphQLNonNull(VerificationType),
      description: 'Begins to build read models aside and to compare them with those that answer. All of them, when none is named.',
      args: input('VerifyReadModelsInput', { readModels: { type: new GraphQLList(text) } }),
      resolve: async (_, { input: { readModels } }: { input: { readModels?: readonly string[] | null } }, { services }) => {
        if (readModels?.length === 0) {
          throw badInput('BAD_USER_INPUT', 'readModels', 'readModels must name at least one. For all, leave it out.');
        }
        return services.verifications.begin(await services.operations.verifiable(readModels ?? undefined, 'readModels'));
      },
    },
    retryDeadLetters: {
      type: new GraphQLNonNull(DecisionType),
      description: 'Has what waits tried again, of one document or of all of a read model.',
      args: input('RetryDeadLettersInput', { ...readModel, key: { type: GraphQLString }, ...commandId }),
      resolve: (_, { input: given }: { input: DecisionInput }, { services, request }) =>
        services.operations.retry(given.readModel, given.key ?? undefined, request, given.commandId ?? undefined),
    },
    skipDeadLetter: {
      type: new GraphQLNonNull(DecisionType),
      description:
        'Leaves the event that could not be taken out of the document for good. Refused when it is not the first that waits any more.',
      args: input('SkipDeadLetterInput', {
        ...readModel,
        key: { type: text },
        eventId: { type: new GraphQLNonNull(GraphQLID), description: 'The first event that waits, as deadLetters tells it.' },
        reason: { type: text },
        ...commandId,
      }),
      resolve: (_, { input: { readModel: name, commandId: id, ...skip } }: { input: SkipInput }, { services, request }) =>
        services.operations.skip(name, skip, request, id ?? undefined),
    },
  };
}
