/** The built server with read models that differ from the program's own, and with `cutOver: manual`, in a process of its own. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Projection } from '../../../src/kernel/projection.js';
import { registerLead } from '../api/funnel.js';
import { GraphqlClient } from '../api/graphql-client.js';
import { placeOf } from '../engines/engines.js';
import { startChild } from './child.js';

/**
 * `fragile`: the handlers of leads throw at an assignment to `nobody`.
 * `quoting`: the handlers of contacts throw at an assignment to `nobody`, with all that is known of the contact in the error.
 * `two-versions`: leads in version 1 and version 2, which writes origins in capital letters and adds `label`.
 */
export type ReadModels = 'fragile' | 'quoting' | 'two-versions';

const FILES = { fragile: 'fragile-projections.mjs', quoting: 'quoting-projections.mjs', 'two-versions': 'two-versions.mjs' } as const;

export interface ReadModelServer extends GraphqlClient {
  /** kill -9; resolves when the process is gone. `killChildren` ends those that a test left running. */
  kill(): Promise<void>;
}

/** Resolves when the read models have caught up. @param settings of the configuration, such as `deadLetterLimit` */
export async function startReadModelServer(readModels: ReadModels, folder: string, settings: object = {}): Promise<ReadModelServer> {
  const child = startChild('serve.mjs', JSON.stringify({ ...(await placeOf(folder)), ...settings }), moduleOf(readModels));
  await child.printed(1);
  return Object.assign(new GraphqlClient(child.lines[0] ?? ''), { kill: () => child.kill() });
}

/** The projections that such a server runs. */
export async function projectionsOf(readModels: ReadModels): Promise<readonly Projection[]> {
  return ((await import(moduleOf(readModels))) as { readonly projections: readonly Projection[] }).projections;
}

function moduleOf(readModels: ReadModels): string {
  return pathToFileURL(join(import.meta.dirname, FILES[readModels])).href;
}

/** Registers a lead whose second event, to `fragile`, is a dead letter, and whose third waits behind it. @returns its id */
export async function makeDeadLetter(client: GraphqlClient): Promise<string> {
  const id = await registerLead(client);
  await client.done('assignLead', { id, ownerId: 'nobody' });
  await client.done('qualifyLead', { id, temperature: 'HOT' });
  return id;
}
