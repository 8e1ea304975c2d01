/** What of a failure leaves the server, over HTTP and websocket alike: a code, a sentence, the field. The rest goes to the log. */
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '../logger.js';
import { toClientError } from './graphql/errors.js';
import { refusedField } from './graphql/refused-fields.js';

const INTERNAL = 'INTERNAL_SERVER_ERROR';

/** Tells clients of errors as they come from GraphQL, given with the code that parsing and validation have. */
export type TellClient = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

export function clientErrors(logger: Logger): TellClient {
  return (formatted, error) => {
    const cause = unwrapResolverError(error);
    const client = toClientError(cause);
    // Of parsing and validation the code is known; a failure of the program's own, or of serialising what it answers, stays inside.
    if (formatted.extensions?.['code'] !== INTERNAL) {
      return withoutInside(client && client === cause ? withField(formatted, client) : formatted);
    }
    if (client && client !== cause) return withoutInside({ ...formatted, message: client.message, extensions: client.extensions });
    logger.error({ path: formatted.path, err: forTheLog(cause) }, 'a request failed');
    return {
      ...formatted,
      message: 'Something went wrong inside; the log of the server says what.',
      extensions: { code: INTERNAL },
    };
  };
}

/** An error as GraphQL gives it, for `TellClient`. @param code what it is when it says nothing itself */
export function formatted(error: GraphQLError, code: string = INTERNAL): GraphQLFormattedError {
  return { ...error.toJSON(), extensions: { code, ...error.extensions } };
}

/** Where a failure came from. GraphQL's own words quote the value that it could not serialise, which may be personal: they are left out. */
export function forTheLog(failure: unknown): unknown {
  if (!(failure instanceof Error)) return String(failure);
  const { name, stack = '' } = failure;
  return { type: name, stack: failure instanceof GraphQLError ? stack.slice(stack.indexOf('\n    at ')) : stack };
}

/** With the name of the field, where GraphQL's own checks refused one. */
function withField(told: GraphQLFormattedError, error: GraphQLError): GraphQLFormattedError {
  const refused = error.path || told.extensions?.['problems'] ? undefined : refusedField(error);
  return refused ? { ...told, message: refused.message, extensions: { ...told.extensions, problems: [refused] } } : told;
}

/** Without stack traces and HTTP instructions. */
function withoutInside({ extensions, ...told }: GraphQLFormattedError): GraphQLFormattedError {
  const { stacktrace: _, http: __, ...rest } = extensions ?? {};
  return { ...told, extensions: rest };
}
