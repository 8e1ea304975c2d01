/** The options of Apollo Server and of the websockets: limits, context and error formatting. */
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginUsageReportingDisabled } from '@apollo/server/plugin/disabled';
import type { CommandBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { InvalidHeader, requesterOf } from '../identity/requester.js';
import type { Projection } from '../kernel/projection.js';
import type { Outcome } from '../command-handling/command-handler.js';
import type { Runtime } from '../runtime.js';
import { servedVersions } from '../views/serving/versions.js';
import { clientErrors } from './client-errors.js';
import { contractOf } from './contract.js';
import { Execute } from './execute.js';
import { ApiContext, type ApiServices } from './graphql/context.js';
import { documentLimits } from './graphql/document-limits.js';
import { ServedSchema } from './graphql/served-schema.js';
import { ServedSchemaDriver, type ServedSchemaConfig } from './served-schema.driver.js';
import type { Services } from './services.js';
import { Sockets } from './subscriptions/sockets.js';
import { websocketOnly } from './subscriptions/websocket-only.js';
import { refuseTooLarge } from './too-large.js';

export function graphqlOptions(services: Services, bus: CommandBus): ServedSchemaConfig {
  const { config, logger, runtime } = services;
  const { introspection, defaultActor } = config;
  const served = schemaOf(runtime);
  const limits = documentLimits(introspection);
  const toClient = clientErrors(logger);
  const log = (level: 'debug' | 'warn' | 'error') => (message: unknown) => logger[level]({ from: 'apollo' }, String(message));
  const api: ApiServices = {
    log: runtime.log,
    definitions: runtime.domain.definitions,
    head: () => services.readiness.head,
    views: runtime.views,
    served: runtime.served,
    administration: runtime.administration,
    verifications: services.verifications,
    timeZone: config.timeZone,
    minPositionTimeoutMs: config.minPositionTimeoutMs,
    slowClient: { ms: config.slowClientMs, events: config.slowClientEvents },
    execute: (command, request) => bus.execute<Execute, Outcome>(new Execute(command, request)),
  };
  const sockets = new Sockets({
    api,
    served,
    limits,
    toClient,
    defaultActor,
    logger,
    most: config.subscriptionsPerSocket,
    mostSockets: config.sockets,
    mostBytes: config.bodyLimitBytes,
    pingMs: config.socketPingMs,
  });
  services.metrics.subscriptions(() => sockets.counted());
  return {
    driver: ServedSchemaDriver,
    served,
    sockets,
    path: '/graphql',
    graphiql: false,
    introspection,
    csrfPrevention: true,
    cache: 'bounded',
    logger: { debug: log('debug'), info: log('debug'), warn: log('warn'), error: log('error') },
    autoTransformHttpErrors: false,
    ...limits.apollo,
    plugins: [
      ...limits.apollo.plugins,
      websocketOnly,
      refuseTooLarge,
      // Cache control would wrap every field for nothing; usage reporting would send data elsewhere.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    context: (request: FastifyRequest) => {
      try {
        return new ApiContext(api, requesterOf(request.headers, defaultActor));
      } catch (failure) {
        if (!(failure instanceof InvalidHeader)) throw failure;
        throw new GraphQLError(failure.message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
      }
    },
    formatError: toClient,
  };
}

/** The contract of the served versions, replaced at a cut-over. */
function schemaOf({ domain, served, projections }: Runtime): ServedSchema {
  const answering = (): readonly Projection[] => servedVersions(served.records, projections);
  let current = answering();
  const schema = new ServedSchema(contractOf(domain, current));
  served.onChange(() => {
    const now = answering();
    if (now.every((projection, index) => projection === current[index])) return;
    current = now;
    schema.replace(contractOf(domain, now));
  });
  return schema;
}
