/** How Apollo Server serves the contract, and websockets its subscriptions: limits, context, and which errors leave the server. */
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginUsageReportingDisabled } from '@apollo/server/plugin/disabled';
import type { CommandBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { InvalidHeader, requesterOf } from '../identity/requester.js';
import type { Projection } from '../kernel/projection.js';
import type { Outcome } from '../pipeline/command-pipeline.js';
import type { Runtime } from '../runtime.js';
import { servedVersions } from '../views/builds.js';
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

export function graphqlOptions(services: Services, bus: CommandBus): ServedSchemaConfig {
  const { config, logger, runtime } = services;
  const { introspection, defaultActor } = config;
  const served = schemaOf(runtime);
  const limits = documentLimits(introspection);
  const tellClient = clientErrors(logger);
  const tell = (level: 'debug' | 'warn' | 'error') => (message: unknown) => logger[level]({ from: 'apollo' }, String(message));
  const api: ApiServices = {
    log: runtime.log,
    head: () => services.readiness.head,
    views: runtime.views,
    served: runtime.served,
    operations: runtime.operations,
    verifications: services.verifications,
    minPositionTimeoutMs: config.minPositionTimeoutMs,
    slowClient: { ms: config.slowClientMs, events: config.slowClientEvents },
    execute: (command, request) => bus.execute<Execute, Outcome>(new Execute(command, request)),
  };
  const sockets = new Sockets({
    api,
    served,
    limits,
    tellClient,
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
    logger: { debug: tell('debug'), info: tell('debug'), warn: tell('warn'), error: tell('error') },
    autoTransformHttpErrors: false,
    ...limits.apollo,
    plugins: [
      ...limits.apollo.plugins,
      websocketOnly,
      // Cache hints, of which there are none, would wrap every field; reports of use would leave the machine.
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
    formatError: tellClient,
  };
}

/** The contract of the versions that answer, replaced when another version takes over. */
function schemaOf({ served, projections }: Runtime): ServedSchema {
  const answering = (): readonly Projection[] => servedVersions(served.records, projections);
  let current = answering();
  const schema = new ServedSchema(contractOf(current));
  served.onChange(() => {
    const now = answering();
    if (now.every((projection, index) => projection === current[index])) return;
    current = now;
    schema.replace(contractOf(now));
  });
  return schema;
}
