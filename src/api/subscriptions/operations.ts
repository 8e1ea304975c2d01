/** Operations that come over a websocket: which are taken, how they are checked, and how their errors are told. */
import { getOperationAST, GraphQLError, OperationTypeNode, type ExecutionArgs, type GraphQLFormattedError } from 'graphql';
import type { Context, ServerOptions, SubscribePayload } from 'graphql-ws';
import type { IncomingHttpHeaders } from 'node:http';
import { requesterOf, type Requester } from '../../identity/requester.js';
import { formatted, type TellClient } from '../client-errors.js';
import { ApiContext, type ApiServices } from '../graphql/context.js';
import type { DocumentLimits } from '../graphql/document-limits.js';
import type { ServedSchema } from '../graphql/served-schema.js';
import { liveAnswers, SourceFailed, type LiveAnswers } from './live-answers.js';
import type { Outlet } from './outlet.js';

/** What is known of one websocket. */
export interface Connection {
  readonly headers: IncomingHttpHeaders;
  readonly outlet: Outlet;
  /** Told when the client introduces itself. */
  requester?: Requester;
  /** How many subscriptions run. */
  running?: () => number;
}

export interface OperationsOptions {
  readonly api: ApiServices;
  readonly served: ServedSchema;
  readonly limits: DocumentLimits;
  readonly tellClient: TellClient;
  readonly defaultActor: string;
  /** Subscriptions that one websocket may hold at once. */
  readonly most: number;
}

type Params = Record<string, unknown> | undefined;

interface Begun extends ExecutionArgs {
  readonly answers: LiveAnswers;
}

/**
 * The rules of graphql-transport-ws on our schema. Only subscriptions are taken: queries and mutations have their limits of time and size, and
 * their status, over HTTP.
 */
export function operations({ api, served, limits, tellClient, defaultActor, most }: OperationsOptions): ServerOptions<Params, Connection> {
  const begin = async (
    { subscriptions, extra }: Context<Params, Connection>,
    { query, operationName, variables }: SubscribePayload,
  ): Promise<Begun | readonly GraphQLError[]> => {
    if (Object.keys(subscriptions).length > most) {
      return [refusal('TOO_MANY_SUBSCRIPTIONS', `A websocket holds at most ${most} subscriptions. End one, or open another.`)];
    }
    const schema = served.current();
    const document = limits.check(schema, query);
    if (!('kind' in document)) return document;
    const operation = getOperationAST(document, operationName);
    if (!operation) return [refusal('OPERATION_RESOLUTION_FAILURE', 'operationName must name one of the operations of the document.')];
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      return [refusal('HTTP_ONLY', 'Queries and mutations are asked over HTTP: POST them to this path. A websocket is for subscriptions.')];
    }
    const contextValue = new ApiContext(api, extra.requester ?? { actor: defaultActor }, (patience) => extra.outlet.taken(patience));
    const args = { schema, document, operationName: operationName ?? null, variableValues: variables ?? {}, contextValue };
    const answers = await liveAnswers(args);
    return 'next' in answers ? { ...args, answers } : answers;
  };
  const tell = (error: GraphQLError): GraphQLFormattedError => {
    const { originalError } = error;
    if (originalError instanceof SourceFailed) {
      const { cause } = originalError;
      return tellClient(formatted(cause instanceof GraphQLError ? cause : new GraphQLError(originalError.message)), cause);
    }
    // What has no place in the answer was told of the variables, before anything was done.
    return tellClient(formatted(error, error.path ? undefined : 'BAD_USER_INPUT'), error);
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
    onNext: (_context, _id, _payload, _args, { data = null, errors }) => (errors ? { data, errors: errors.map(tell) } : undefined),
    onError: (_context, _id, _payload, errors) => errors.map(tell),
  };
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
