/** The GraphQL contract of this program: of all its commands and event types, and of the read models that are served. */
import type { GraphQLSchema } from 'graphql';
import { streamTypes } from '../../contracts/index.js';
import { commands } from '../domain.js';
import type { Projection } from '../kernel/projection.js';
import { buildSchema } from './graphql/schema.js';

/** @param projections the version of each read model that answers */
export function contractOf(projections: readonly Projection[]): GraphQLSchema {
  return buildSchema(commands, projections, streamTypes);
}
