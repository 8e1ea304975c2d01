/** Nest's Apollo driver with a schema that can be replaced while the server runs, and with subscriptions over websockets. */
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Injectable } from '@nestjs/common';
import type { GraphQLSchema } from 'graphql';
import type { Server } from 'node:http';
import { schemaGateway } from './graphql/schema-gateway.js';
import type { ServedSchema } from './graphql/served-schema.js';
import type { Sockets } from './subscriptions/sockets.js';

export interface ServedSchemaConfig extends ApolloDriverConfig {
  readonly served: ServedSchema;
  readonly sockets: Sockets;
}

@Injectable()
export class ServedSchemaDriver extends ApolloDriver {
  #sockets: Sockets | undefined;

  /** The schema at start, which Nest requires. Requests use the gateway's. */
  override async generateSchema(options: ServedSchemaConfig): Promise<GraphQLSchema> {
    return options.served.current();
  }

  override async start({ schema: _, served, sockets, ...options }: ServedSchemaConfig): Promise<void> {
    await super.start({ ...options, gateway: schemaGateway(served) } as ApolloDriverConfig);
    sockets.attach(this.httpAdapterHost.httpAdapter.getHttpServer() as Server, options.path ?? '/graphql');
    this.#sockets = sockets;
  }

  /** Apollo waits for all connections to end, so the websockets are closed at the same time. */
  override async stop(): Promise<void> {
    await Promise.all([this.#sockets?.close(), super.stop()]);
  }
}
