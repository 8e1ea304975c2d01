/** The GraphQL contract of a program: its commands, event types and served read models. */
import type { GraphQLSchema } from 'graphql';
import type { Domain } from '../domain.js';
import type { Projection } from '../kernel/projection.js';
import { buildSchema } from './graphql/schema.js';

/** @param projections the served version of each read model */
export function contractOf(domain: Domain, projections: readonly Projection[]): GraphQLSchema {
  return buildSchema(domain, projections);
}
