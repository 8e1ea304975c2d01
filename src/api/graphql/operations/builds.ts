/** The builds of read models: what there is, and the mutations that begin, cut over, roll back and drop builds. */
import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLInputFieldConfigMap,
} from 'graphql';
import type { Position } from '../../../kernel/event.js';
import type { BuildId, BuildRecord, BuildState } from '../../../views/port/builds.js';
import { buildName } from '../../../views/port/build-identity.js';
import { rateNow, secondsLeft } from '../../../views/serving/progress.js';
import { connectionType, pageArguments, pageOf, type PageArguments } from '../connection.js';
import type { ApiContext } from '../context.js';
import { enumType } from '../enum-type.js';
import { text, whole } from '../non-null.js';
import { DateTimeScalar, PositionScalar } from '../scalars.js';
import type { Fields } from '../types.js';
import { operationMutation, readModelInput } from './mutation.js';

const position = new GraphQLNonNull(PositionScalar);

const BuildStateType = enumType<BuildState>('ReadModelBuildState', 'What a build is doing.', {
  building: 'It is being built from the first event on.',
  ready: 'It has caught up and waits to be cut over to.',
  live: 'It answers queries.',
  retired: 'It was live before, and is kept up to date to be rolled back to.',
});

/** The end of the log: as this server noted it last, or as the build's projector saw it, whichever is later. */
function headOf({ position: at, head }: BuildRecord, { services }: ApiContext): Position {
  return Math.max(at, head, services.head());
}

/** A build as the register has it. */
export const ReadModelBuild = new GraphQLObjectType<BuildRecord, ApiContext>({
  name: 'ReadModelBuild',
  description: 'One built copy of a read model.',
  fields: {
    readModel: { type: text, description: 'The name of the read model.', resolve: ({ name }) => name },
    version: { type: whole, description: 'The version of the read model.' },
    build: { type: whole, description: 'Counted from 1 for each read model.', resolve: ({ number }) => number },
    state: { type: new GraphQLNonNull(BuildStateType), description: 'What it is doing.' },
    position: { type: position, description: 'The last event of the log that it holds.' },
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
    events: { type: whole, description: 'Events that were applied, of the types that the read model handles.' },
    eventsPerSecond: {
      type: new GraphQLNonNull(GraphQLFloat),
      description: 'Events applied each second, over the last seconds; 0 when none came.',
      resolve: (build) => rateNow(build),
    },
    secondsLeft: {
      type: GraphQLFloat,
      description: 'Seconds until it reaches head, at the rate of the last seconds; null when that is not known, 0 when it has.',
      resolve: (build, _, context) => secondsLeft(build, headOf(build, context)),
    },
    deadLetters: { type: whole, description: 'Documents with events that could not be applied.' },
    startedAt: { type: new GraphQLNonNull(DateTimeScalar), description: 'When it was begun.' },
    finishedAt: { type: DateTimeScalar, description: 'When it had caught up for the first time; null before.' },
    servedAt: { type: DateTimeScalar, description: 'When it began or ceased to answer queries; null when it never did.' },
    error: { type: GraphQLString, description: 'Why it stopped; null when it did not.' },
  },
});

const Builds = connectionType('ReadModelBuild', ReadModelBuild);
const build = { build: { type: ReadModelBuild, description: 'The build as it is now.' } };

interface BuildInput {
  readonly readModel: string;
  readonly build?: number | null;
}

interface BuildsArguments extends PageArguments {
  readonly readModel?: string | null;
}

const numbered = (type: typeof GraphQLInt | typeof whole, description: string): GraphQLInputFieldConfigMap => ({
  ...readModelInput,
  build: { type, description },
});

export function buildQueries(): Fields {
  return {
    readModelBuilds: {
      type: Builds,
      description: 'Every build that there is, of all read models or of one.',
      args: { readModel: { type: GraphQLString, description: 'The name of a read model; all of them when absent.' }, ...pageArguments },
      resolve: async (_, { readModel, ...page }: BuildsArguments, { services }) =>
        pageOf(await services.administration.builds(readModel ?? undefined), page, buildName),
    },
  };
}

export function buildMutations(userErrors: Fields): readonly Fields[] {
  const found = async ({ services }: ApiContext, { name, number }: BuildId) => ({
    build: (await services.administration.builds()).find((record) => record.name === name && record.number === number),
  });
  return [
    operationMutation<BuildInput>(
      'rebuildReadModel',
      {
        description: 'Begins a build of the newest version beside the live one, or answers with the one that is being built.',
        input: readModelInput,
        payload: build,
        work: async ({ readModel }, context) => found(context, await context.services.administration.rebuild(readModel)),
      },
      userErrors,
    ),
    operationMutation<BuildInput>(
      'cutOverReadModel',
      {
        description: 'Makes a build that is ready the live one.',
        input: numbered(GraphQLInt, 'The number of the build; the newest that is ready when absent.'),
        payload: build,
        work: async ({ readModel, build: number }, context) =>
          found(context, await context.services.administration.cutOver(readModel, number ?? undefined)),
      },
      userErrors,
    ),
    operationMutation<BuildInput>(
      'rollBackReadModel',
      {
        description: 'Makes a retired build the live one again.',
        input: numbered(GraphQLInt, 'The number of the build; the one that was live last when absent.'),
        payload: build,
        work: async ({ readModel, build: number }, context) =>
          found(context, await context.services.administration.rollBack(readModel, number ?? undefined)),
      },
      userErrors,
    ),
    operationMutation<{ readonly readModel: string; readonly build: number }>(
      'dropReadModelBuild',
      {
        description: "Drops a build that isn't live.",
        input: numbered(whole, 'The number of the build.'),
        payload: { dropped: { type: GraphQLBoolean, description: 'True when it was dropped; null when that was refused.' } },
        work: async ({ readModel, build: number }, { services }) => {
          await services.administration.drop(readModel, number);
          return { dropped: true };
        },
      },
      userErrors,
    ),
  ];
}
