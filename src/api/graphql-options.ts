/** How Apollo Server serves the contract: its limits, its context, and which errors leave the server. */
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { unwrapResolverError } from '@apollo/server/errors';
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginUsageReportingDisabled } from '@apollo/server/plugin/disabled';
import type { CommandBus } from '@nestjs/cqrs';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import type { FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { streamTypes } from '../../contracts/index.js';
import { projections } from '../../projections/index.js';
import { commands } from '../domain.js';
import { InvalidHeader, requesterOf } from '../identity/requester.js';
import type { Outcome } from '../pipeline/command-pipeline.js';
import { Execute } from './execute.js';
import { ApiContext, type ApiServices } from './graphql/context.js';
import { toClientError } from './graphql/errors.js';
import { refusedField } from './graphql/refused-fields.js';
import { buildSchema } from './graphql/schema.js';
import type { Services } from './services.js';

/** Limits of one request; docs/api.md lists them. */
const limits = { tokens: 2_000, depth: 12, aliases: 30, directives: 30, cost: 100_000 } as const;

export function graphqlOptions(services: Services, bus: CommandBus): ApolloDriverConfig {
  const { config, logger, runtime } = services;
  const armor = new ApolloArmor({
    // The parser counts tokens itself, see below; armor would parse every request twice.
    maxTokens: { enabled: false },
    maxDepth: { n: limits.depth },
    maxAliases: { n: limits.aliases },
    maxDirectives: { n: limits.directives },
    costLimit: { maxCost: limits.cost },
    blockFieldSuggestion: { enabled: !config.introspection },
  }).protect();
  const tell = (level: 'debug' | 'warn' | 'error') => (message: unknown) => logger[level]({ from: 'apollo' }, String(message));
  const api: ApiServices = {
    log: runtime.log,
    views: runtime.views,
    minPositionTimeoutMs: config.minPositionTimeoutMs,
    execute: (command, request) => bus.execute<Execute, Outcome>(new Execute(command, request)),
  };
  return {
    driver: ApolloDriver,
    schema: buildSchema(commands, projections, Object.keys(streamTypes)),
    path: '/graphql',
    graphiql: false,
    introspection: config.introspection,
    csrfPrevention: true,
    cache: 'bounded',
    logger: { debug: tell('debug'), info: tell('debug'), warn: tell('warn'), error: tell('error') },
    autoTransformHttpErrors: false,
    ...armor,
    plugins: [
      // The same plugins: armor's types come from Apollo's CommonJS build, Nest's from the other.
      ...(armor.plugins as unknown as NonNullable<ApolloDriverConfig['plugins']>),
      // Cache hints, of which there are none, would wrap every field; reports of use would leave the machine.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    parseOptions: { maxLexicalTokens: limits.tokens },
    context: (request: FastifyRequest) => {
      try {
        return new ApiContext(api, requesterOf(request.headers, config.defaultActor));
      } catch (failure) {
        if (!(failure instanceof InvalidHeader)) throw failure;
        throw new GraphQLError(failure.message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
      }
    },
    formatError: (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
      const cause = unwrapResolverError(error);
      const client = toClientError(cause);
      // Of parsing and validation Apollo has told the code; a failure of the program's own, or of serialising what it answers, stays inside.
      if (formatted.extensions?.['code'] !== 'INTERNAL_SERVER_ERROR') {
        return withoutInside(client && client === cause ? withField(formatted, client) : formatted);
      }
      if (client && client !== cause) return withoutInside({ ...formatted, message: client.message, extensions: client.extensions });
      logger.error({ path: formatted.path, err: forTheLog(cause) }, 'a request failed');
      return {
        ...formatted,
        message: 'Something went wrong inside; the log of the server says what.',
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      };
    },
  };
}

/** Where a failure came from. GraphQL's own words quote the value that it could not serialise, which may be personal: they are left out. */
function forTheLog(failure: unknown): unknown {
  if (!(failure instanceof Error)) return String(failure);
  const { name, stack = '' } = failure;
  return { type: name, stack: failure instanceof GraphQLError ? stack.slice(stack.indexOf('\n    at ')) : stack };
}

/** With the name of the field, where GraphQL's own checks refused one. */
function withField(formatted: GraphQLFormattedError, error: GraphQLError): GraphQLFormattedError {
  const refused = error.path || formatted.extensions?.['problems'] ? undefined : refusedField(error);
  return refused ? { ...formatted, message: refused.message, extensions: { ...formatted.extensions, problems: [refused] } } : formatted;
}

/** Without stack traces and HTTP instructions. */
function withoutInside({ extensions, ...formatted }: GraphQLFormattedError): GraphQLFormattedError {
  const { stacktrace: _, http: __, ...told } = extensions ?? {};
  return { ...formatted, extensions: told };
}
