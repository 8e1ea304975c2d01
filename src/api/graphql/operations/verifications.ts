/** Verifications: read models built beside the live ones and compared with them. */
import { GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import type { Difference } from '../../../projector/difference.js';
import type { Verification } from '../../../projector/verification.js';
import type { VerificationJob } from '../../../projector/verifications.js';
import type { ApiContext } from '../context.js';
import { badInput } from '../errors.js';
import { enumType } from '../enum-type.js';
import { listOf, text, whole } from '../non-null.js';
import { DateTimeScalar, JsonScalar, PositionScalar } from '../scalars.js';
import type { Fields } from '../types.js';
import { operationMutation } from './mutation.js';

const VerificationState = enumType<VerificationJob['state']>('VerificationState', 'What a verification is doing.', {
  waiting: 'It waits for another one to end.',
  building: 'It builds the read models from the first event on.',
  comparing: 'It compares documents.',
  done: 'It has ended, and its results are complete.',
  failed: 'It has ended with an error.',
});

const DifferenceKind = enumType<Difference['problem']>(
  'ReadModelDifferenceKind',
  'How a stored document differs from what its events make.',
  {
    missing: 'Events make it, but it is not stored.',
    unexplained: 'It is stored, but no event makes it.',
    changed: 'Its current values differ.',
    history: 'Its current values agree, but earlier versions of it differ.',
    damaged: 'An index or a column does not agree with the stored document.',
  },
);

const DifferenceType = new GraphQLObjectType<Difference, ApiContext>({
  name: 'ReadModelDifference',
  description: 'A document that is not what the events make of it.',
  fields: {
    key: { type: text, description: 'The key of the document.' },
    kind: { type: new GraphQLNonNull(DifferenceKind), description: 'How it differs.', resolve: ({ problem }) => problem },
    detail: { type: text, description: 'What differs, for people.' },
    expected: { type: JsonScalar, description: 'The document that the events make; null when they make none.' },
    actual: { type: JsonScalar, description: 'The document that is stored; null when there is none.' },
  },
});

const VerificationResult = new GraphQLObjectType<Verification, ApiContext>({
  name: 'VerificationResult',
  description: 'What was found in one read model.',
  fields: {
    readModel: { type: text, description: 'The name of the read model.' },
    version: { type: whole, description: 'The version of the read model.' },
    build: { type: whole, description: 'The number of the build that was verified.', resolve: ({ number }) => number },
    position: { type: new GraphQLNonNull(PositionScalar), description: 'The position at which both were compared.' },
    documents: { type: whole, description: 'Documents that were compared.' },
    deadLetters: {
      type: whole,
      description: 'Documents that differ because they wait as dead letters; they are not among the differences.',
    },
    differing: { type: whole, description: 'Documents that differ otherwise.' },
    differences: { type: listOf(DifferenceType), description: 'The first 100 of them.' },
  },
});

const VerificationType = new GraphQLObjectType<VerificationJob, ApiContext>({
  name: 'Verification',
  description: 'Read models built beside the live ones from the first event on, and compared with them.',
  fields: {
    id: { type: new GraphQLNonNull(GraphQLID), description: 'To ask for it again.' },
    readModels: { type: listOf(GraphQLString), description: 'The names of the read models.' },
    state: { type: new GraphQLNonNull(VerificationState), description: 'What it is doing.' },
    progress: { type: new GraphQLNonNull(GraphQLFloat), description: 'How much of the current step is done, from 0 to 1.' },
    startedAt: { type: new GraphQLNonNull(DateTimeScalar), description: 'When it was asked for.' },
    finishedAt: { type: DateTimeScalar, description: 'When it ended; null before.' },
    equal: {
      type: GraphQLBoolean,
      description: 'Whether every document is what the events make of it; null before that is known.',
      resolve: ({ state, results }) => (state === 'done' ? results.every(({ differing }) => differing === 0) : null),
    },
    results: { type: listOf(VerificationResult), description: 'What was found, one for each read model that is done.' },
    error: { type: GraphQLString, description: 'Why it failed; null when it did not.' },
  },
});

export function verificationQueries(): Fields {
  return {
    verification: {
      type: VerificationType,
      description: 'One of the last verifications of this server; null when it does not know it, or not any more.',
      args: { id: { type: new GraphQLNonNull(GraphQLID), description: 'The id that verifyReadModels gave.' } },
      resolve: (_, { id }: { readonly id: string }, { services }) => services.verifications.job(id) ?? null,
    },
  };
}

export function verificationMutations(userErrors: Fields): Fields {
  return operationMutation<{ readonly readModels?: readonly string[] | null }>(
    'verifyReadModels',
    {
      description: 'Begins to build read models beside the live ones and to compare them.',
      input: { readModels: { type: new GraphQLList(text), description: 'The names of the read models; all of them when absent.' } },
      payload: { verification: { type: VerificationType, description: 'The verification, which goes on.' } },
      work: async ({ readModels }, { services }) => {
        if (readModels?.length === 0) {
          throw badInput('BAD_USER_INPUT', 'input.readModels', 'readModels must name at least one. For all, leave it out.');
        }
        const asked = await services.administration.verifiable(readModels ?? undefined, 'readModels');
        return { verification: services.verifications.begin(asked) };
      },
    },
    userErrors,
  );
}
