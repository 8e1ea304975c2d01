/** Rebuilds all read models of a server over GraphQL, and follows the progress. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WrongResult } from '../check.js';

interface BuildShown {
  readonly readModel: string;
  readonly build: number;
  readonly state: 'BUILDING' | 'READY' | 'LIVE' | 'RETIRED';
  readonly error: string | null;
}

export async function rebuildAll(port: number): Promise<void> {
  const names = new Set((await builds(port)).map(({ readModel }) => readModel));
  for (const readModel of names) {
    await ask(port, 'mutation ($readModel: String!) { rebuildReadModel(input: { readModel: $readModel }) { build } }', { readModel });
  }
}

/** Whether any read model is still being built. @throws WrongResult when a build stopped */
export async function rebuilding(port: number): Promise<boolean> {
  const shown = await builds(port);
  const failed = shown.find(({ error }) => error !== null);
  if (failed) throw new WrongResult(`Build ${failed.build} of ${failed.readModel} stopped: ${failed.error}`);
  return shown.some(({ state }) => state === 'BUILDING' || state === 'READY');
}

/** Waits until the new builds are live. */
export async function rebuilt(port: number): Promise<void> {
  while (await rebuilding(port)) await sleep(200);
}

async function builds(port: number): Promise<readonly BuildShown[]> {
  const { readModelBuilds } = await ask<{ readonly readModelBuilds: { readonly nodes: readonly BuildShown[] } }>(
    port,
    '{ readModelBuilds { nodes { readModel build state error } } }',
  );
  return readModelBuilds.nodes;
}

async function ask<Data>(port: number, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { readonly data: Data; readonly errors?: unknown };
  if (errors !== undefined) throw new WrongResult(`${query} was answered with ${JSON.stringify(errors)}`);
  return data;
}
