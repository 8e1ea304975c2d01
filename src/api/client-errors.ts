/** What clients see of errors, over HTTP and websockets: a code, a message and the field. Details go to the server's log. */
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '../logger.js';
import { toClientError } from './graphql/errors.js';
import { refusedField } from './graphql/refused-fields.js';

const INTERNAL = 'INTERNAL_SERVER_ERROR';

/** Converts a GraphQL error for clients. */
export type ToClient = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

export function clientErrors(logger: Logger): ToClient {
  return (formatted, error) => {
    const cause = unwrapResolverError(error);
    const client = toClientError(cause);
    // Errors of parsing and validation have a code; the details of internal errors are not published.
    if (formatted.extensions?.['code'] !== INTERNAL) {
      return withoutInternals(client && client === cause ? withField(formatted, client) : formatted);
    }
    if (client && client !== cause) return withoutInternals({ ...formatted, message: client.message, extensions: client.extensions });
    logger.error({ path: formatted.path, err: forTheLog(cause) }, 'a request failed');
    return {
      ...formatted,
      message: 'An internal error occurred. The log of the server has the details.',
      extensions: { code: INTERNAL },
    };
  };
}

/** Formats an error for `ToClient`. @param code the code of an error without one */
export function formatted(error: GraphQLError, code: string = INTERNAL): GraphQLFormattedError {
  return { ...error.toJSON(), extensions: { code, ...error.extensions } };
}

/** The error without its message if it is GraphQL's: that may quote personal data. */
export function forTheLog(failure: unknown): unknown {
  if (!(failure instanceof Error)) return String(failure);
  const { name, stack = '' } = failure;
  return { type: name, stack: failure instanceof GraphQLError ? stack.slice(stack.indexOf('\n    at ')) : stack };
}

/** Adds the name of the field, if GraphQL's own validation refused one. */
function withField(original: GraphQLFormattedError, error: GraphQLError): GraphQLFormattedError {
  const refused = error.path || original.extensions?.['problems'] ? undefined : refusedField(error);
  return refused ? { ...original, message: refused.message, extensions: { ...original.extensions, problems: [refused] } } : original;
}

/** Removes stack traces and HTTP instructions. */
function withoutInternals({ extensions, ...others }: GraphQLFormattedError): GraphQLFormattedError {
  const { stacktrace: _, http: __, ...rest } = extensions ?? {};
  return { ...others, extensions: rest };
}
