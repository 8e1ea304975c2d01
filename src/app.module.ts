/** The HTTP side of the program as a Nest module: GraphQL on Apollo, health, metrics, GraphiQL. */
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { GraphQLModule } from '@nestjs/graphql';
import { ExecuteHandler } from './api/execute.js';
import { graphqlOptions } from './api/graphql-options.js';
import { FailuresFilter } from './api/http/failures.filter.js';
import { GraphiqlController } from './api/http/graphiql.controller.js';
import { OperationsController } from './api/http/operations.controller.js';
import { ServedSchemaDriver, type ServedSchemaConfig } from './api/served-schema.driver.js';
import { hasRole } from './config.js';
import { SERVICES, type Services } from './api/services.js';

@Module({})
export class AppModule {
  static of(services: Services): DynamicModule {
    // Health and metrics are served in every role.
    const serves = hasRole(services.config, 'api');
    return {
      module: AppModule,
      imports: serves ? [CqrsModule.forRoot(), graphql(services)] : [],
      controllers: serves ? [OperationsController, GraphiqlController] : [OperationsController],
      providers: [
        { provide: SERVICES, useValue: services },
        { provide: APP_FILTER, useClass: FailuresFilter },
        ...(serves ? [ExecuteHandler] : []),
      ],
    };
  }
}

function graphql(services: Services): DynamicModule {
  return GraphQLModule.forRootAsync<ServedSchemaConfig>({
    driver: ServedSchemaDriver,
    inject: [CommandBus],
    useFactory: (bus: CommandBus) => graphqlOptions(services, bus),
  });
}
