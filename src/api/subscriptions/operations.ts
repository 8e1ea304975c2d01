/** Operations over websockets: which are accepted, how they are validated, and how errors are formatted. */
import { getOperationAST, GraphQLError, OperationTypeNode, type ExecutionArgs, type GraphQLFormattedError } from 'graphql';
import type { Context, ServerOptions, SubscribePayload } from 'graphql-ws';
import type { IncomingHttpHeaders } from 'node:http';
import { requesterOf, type Requester } from '../../identity/requester.js';
import { formatted, type ToClient } from '../client-errors.js';
import { ApiContext, type ApiServices } from '../graphql/context.js';
import type { DocumentLimits } from '../graphql/document-limits.js';
import type { ServedSchema } from '../graphql/served-schema.js';
import { liveAnswers, SourceFailed, type LiveAnswers } from './live-answers.js';
import type { Outlet } from './outlet.js';

/** The state of a websocket. */
export interface Connection {
  readonly headers: IncomingHttpHeaders;
  readonly outlet: Outlet;
  /** Set when the connection is initialized. */
  requester?: Requester;
  /** The number of running subscriptions. */
  running?: () => number;
}

export interface OperationsOptions {
  readonly api: ApiServices;
  readonly served: ServedSchema;
  readonly limits: DocumentLimits;
  readonly toClient: ToClient;
  readonly defaultActor: string;
  /** The maximum number of simultaneous subscriptions per websocket. */
  readonly most: number;
}

type Params = Record<string, unknown> | undefined;

interface Begun extends ExecutionArgs {
  readonly answers: LiveAnswers;
}

/**
 * The options of graphql-transport-ws. Only subscriptions are accepted: the limits and status codes of queries and mutations are those of
 * HTTP.
 */
export function operations({ api, served, limits, toClient, defaultActor, most }: OperationsOptions): ServerOptions<Params, Connection> {
  const begin = async (
    { subscriptions, extra }: Context<Params, Connection>,
    { query, operationName, variables }: SubscribePayload,
  ): Promise<Begun | readonly GraphQLError[]> => {
    if (Object.keys(subscriptions).length > most) {
      return [refusal('TOO_MANY_SUBSCRIPTIONS', `A websocket can have at most ${most} subscriptions. End one, or open another websocket.`)];
    }
    const schema = served.current();
    const document = limits.check(schema, query);
    if (!('kind' in document)) return document;
    const operation = getOperationAST(document, operationName);
    if (!operation) return [refusal('OPERATION_RESOLUTION_FAILURE', 'operationName must name one of the operations of the document.')];
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      return [refusal('HTTP_ONLY', 'Send queries and mutations over HTTP, by POST to this path. Websockets are for subscriptions.')];
    }
    const contextValue = new ApiContext(api, extra.requester ?? { actor: defaultActor }, (patience) => extra.outlet.drained(patience));
    const args = { schema, document, operationName: operationName ?? null, variableValues: variables ?? {}, contextValue };
    const answers = await liveAnswers(args);
    return 'next' in answers ? { ...args, answers } : answers;
  };
  const format = (error: GraphQLError): GraphQLFormattedError => {
    const { originalError } = error;
    if (originalError instanceof SourceFailed) {
      const { cause } = originalError;
      return toClient(formatted(cause instanceof GraphQLError ? cause : new GraphQLError(originalError.message)), cause);
    }
    // An error without a path is about the variables, before execution.
    return toClient(formatted(error, error.path ? undefined : 'BAD_USER_INPUT'), error);
  };
  return {
    onConnect: (context) => {
      const { extra, connectionParams } = context;
      extra.running = () => Object.keys(context.subscriptions).length;
      // The fields are the names of the headers, which browsers can't set on a websocket.
      extra.requester = requesterOf({ ...extra.headers, ...(connectionParams as IncomingHttpHeaders | undefined) }, defaultActor);
    },
    onSubscribe: (context, _, payload) => begin(context, payload),
    subscribe: (args) => (args as Begun).answers,
    onNext: (_context, _id, _payload, _args, { data = null, errors }) => (errors ? { data, errors: errors.map(format) } : undefined),
    onError: (_context, _id, _payload, errors) => errors.map(format),
  };
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
