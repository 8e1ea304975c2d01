/** The GraphQL contract of this program: of all its commands and event types, and of the read models that are served. */
import type { GraphQLSchema } from 'graphql';
import { streamTypes } from '../../contracts/index.js';
import { commands } from '../domain.js';
import type { Projection } from '../kernel/projection.js';
import { newest } from '../views/builds.js';
import { buildSchema } from './graphql/schema.js';

/** @param projections the version of each read model that answers */
export function contractOf(projections: readonly Projection[]): GraphQLSchema {
  return buildSchema(commands, projections, streamTypes);
}

/** The newest version of each read model: what is published, and what answers once it is built. */
export function newestVersions(projections: readonly Projection[]): readonly Projection[] {
  return projections.filter(
    ({ model }) => newest(projections.flatMap((other) => (other.model.name === model.name ? [other.model] : []))) === model,
  );
}
