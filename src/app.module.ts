/** The HTTP side of the program as a Nest module: GraphQL on Apollo, health, metrics, GraphiQL. */
import { Module, type DynamicModule } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { APP_FILTER } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { GraphQLModule } from '@nestjs/graphql';
import { ExecuteHandler } from './api/execute.js';
import { graphqlOptions } from './api/graphql-options.js';
import { FailuresFilter } from './api/http/failures.filter.js';
import { GraphiqlController } from './api/http/graphiql.controller.js';
import { OperationsController } from './api/http/operations.controller.js';
import { SERVICES, type Services } from './api/services.js';

@Module({})
export class AppModule {
  static of(services: Services): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CqrsModule.forRoot(),
        GraphQLModule.forRootAsync<ApolloDriverConfig>({
          driver: ApolloDriver,
          inject: [CommandBus],
          useFactory: (bus: CommandBus) => graphqlOptions(services, bus),
        }),
      ],
      controllers: [OperationsController, GraphiqlController],
      providers: [{ provide: SERVICES, useValue: services }, { provide: APP_FILTER, useClass: FailuresFilter }, ExecuteHandler],
    };
  }
}
