/** `userErrors`: how what a rule or an operation refuses reaches the client, with the path to the argument to change. */
import { GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import { recordCodes, userErrorCodes } from '../../kernel/error-codes.js';
import type { AnyRecordType } from '../../kernel/record.js';
import { Rejection, type Codes } from '../../kernel/rejection.js';
import { NotFound } from '../../projector/not-found.js';
import { StaleDecision } from '../../projector/record-decision.js';
import { NotReady } from '../../views/port/errors.js';
import { enumType } from './enum-type.js';
import { pathOf } from './errors.js';
import { listOf } from './non-null.js';
import type { Fields } from './types.js';

export interface UserError {
  readonly code: string;
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * The field `userErrors` of every payload.
 * @param codes of the rules
 * @param recordTypes those whose records commands need or make
 */
export function userErrorsField(codes: Codes, recordTypes: readonly AnyRecordType[]): Fields {
  const meanings = Object.assign({}, userErrorCodes, codes, ...recordTypes.map(recordCodes)) as Codes;
  const code = enumType('ErrorCode', 'Why a command or an operation was refused. docs/errors.md says what to do about each.', meanings);
  const userError = new GraphQLObjectType<UserError>({
    name: 'UserError',
    description: 'A refusal by a rule. Nothing was written.',
    fields: {
      code: { type: new GraphQLNonNull(code), description: 'What was refused. It is stable: a program may act on it.' },
      path: {
        type: listOf(GraphQLString),
        description: 'The way to the argument to change, such as ["input", "opportunity", "pipelineId"]; empty when it is none of them.',
      },
      message: { type: new GraphQLNonNull(GraphQLString), description: 'The reason, for people. It may change.' },
    },
  });
  return {
    userErrors: {
      type: listOf(userError),
      description: 'Why it was refused; empty when it was done.',
    },
  };
}

/** What a failure tells as a user error; undefined when it is no refusal. */
export function userErrorOf(failure: unknown): UserError | undefined {
  if (failure instanceof Rejection || failure instanceof NotFound || failure instanceof NotReady) {
    const { code, field, message } = failure;
    return { code, path: field === undefined ? [] : ['input', ...pathOf(field)], message };
  }
  if (failure instanceof StaleDecision) return { code: failure.code, path: ['input', 'eventId'], message: failure.message };
  return undefined;
}
