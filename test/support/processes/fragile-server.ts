/** The built server with handlers of leads that can't take an assignment to `nobody`, and with `cutOver: manual`, in a process of its own. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startChild } from './child.js';
import { placeOf } from '../engines/engines.js';
import { registerLead } from '../api/funnel.js';
import { GraphqlClient } from '../api/graphql-client.js';

const module = pathToFileURL(join(import.meta.dirname, 'fragile-projections.mjs')).href;

export interface FragileServer extends GraphqlClient {
  /** kill -9; resolves when it is gone. `killChildren` ends those that a test left running. */
  kill(): Promise<void>;
}

/** Resolves when its read models have caught up. @param settings of the configuration, such as `parkedLimit` */
export async function startFragileServer(folder: string, settings: object = {}): Promise<FragileServer> {
  const child = startChild('serve.mjs', JSON.stringify({ ...(await placeOf(folder)), ...settings }), module);
  await child.printed(1);
  return Object.assign(new GraphqlClient(child.lines[0] ?? ''), { kill: () => child.kill() });
}

/** Registers a lead whose document waits from its second event on, with a third one behind it. @returns its id */
export async function parkLead(client: GraphqlClient): Promise<string> {
  const id = await registerLead(client);
  await client.done('assignLead', { id, owner: 'nobody' });
  await client.done('qualifyLead', { id, temperature: 'HOT' });
  return id;
}

/** Asks again until it holds. @returns the answer that it held for */
export async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await sleep(20);
  }
}
