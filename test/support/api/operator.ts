/** What operators ask of read models over GraphQL, and what they are told. */
import { domain } from '../../../src/domain.js';
import type { Projection } from '../../../src/kernel/projection.js';
import { Projector } from '../../../src/projector/projector.js';
import { AssignLead, RegisterLead } from '../../../src/sales/lead.js';
import { QualifyLead } from '../../../src/sales/qualify-lead.js';
import { commandHandlerOn, logIn, viewReaderIn, viewWriterIn } from '../engines/engines.js';
import type { Answer, GraphqlClient, SentHeaders } from './graphql-client.js';

/** A build as GraphQL tells it. */
export interface ToldBuild {
  readonly readModel: string;
  readonly version: number;
  readonly build: number;
  readonly state: 'BUILDING' | 'READY' | 'LIVE' | 'RETIRED';
  readonly position: string;
  readonly head: string;
  readonly progress: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly secondsLeft: number | null;
  readonly deadLetters: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly servedAt: string | null;
  readonly error: string | null;
}

const BUILD =
  'readModel version build state position head progress events eventsPerSecond secondsLeft deadLetters startedAt finishedAt servedAt error';

/** What each mutation gives, under `result` where it is one field. */
const ANSWERS = {
  rebuildReadModel: `result: build { ${BUILD} }`,
  cutOverReadModel: `result: build { ${BUILD} }`,
  rollBackReadModel: `result: build { ${BUILD} }`,
  dropReadModelBuild: 'result: dropped',
  verifyReadModels: 'result: verification { id readModels state progress startedAt finishedAt equal error results { readModel } }',
  retryDeadLetters: 'commandId position',
  skipDeadLetter: 'commandId position',
} as const;

type Operation = keyof typeof ANSWERS;

/** Asks, and gives whatever comes back as `done`. */
export function operation(client: GraphqlClient, name: Operation, input: object, headers?: SentHeaders): Promise<Answer> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const fields = `${ANSWERS[name]} userErrors { code path message }`;
  return client.request(`mutation ($input: ${type}!) { done: ${name}(input: $input) { ${fields} } }`, { input }, headers);
}

/** What comes of something that must be done. */
export async function done<Data = ToldBuild>(client: GraphqlClient, name: Operation, input: object, headers?: SentHeaders): Promise<Data> {
  const answer = await operation(client, name, input, headers);
  if (refusalIn(answer)) throw new Error(`${name} was refused: ${answer.text}`);
  const { done: payload } = answer.data as { readonly done: Data & { readonly result?: Data } };
  return payload.result ?? payload;
}

export interface Refusal {
  readonly code: unknown;
  /** The inputs that it is about. */
  readonly fields: readonly string[];
  readonly message: string;
}

interface UserError {
  readonly code: string;
  readonly path: readonly string[];
  readonly message: string;
}

/** Why a request was refused, by a user error or a GraphQL error; undefined when it was not. */
export function refusalIn({ data, errors: [error] }: Answer): Refusal | undefined {
  const { done: payload } = (data ?? {}) as { readonly done?: { readonly userErrors: readonly UserError[] } | null };
  const [userError] = payload?.userErrors ?? [];
  if (userError) return { code: userError.code, fields: [userError.path.slice(1).join('.')], message: userError.message };
  if (!error) return undefined;
  const { code, problems } = error.extensions ?? {};
  const told = (problems ?? []) as readonly { readonly path: readonly string[]; readonly message: string }[];
  // A page shows the problem beside its input, so it has to say the same.
  if (told.length === 1 && !error.message.includes(told[0]?.message ?? '')) throw new Error(`It says two things: ${JSON.stringify(error)}`);
  return { code, fields: told.map(({ path }) => path.filter((step) => step !== 'input').join('.')), message: error.message };
}

export async function refusal(client: GraphqlClient, name: Operation, input: object): Promise<Refusal | undefined> {
  return refusalIn(await operation(client, name, input));
}

/** The builds of a read model, or all. */
export async function buildsOf(client: GraphqlClient, readModel?: string): Promise<readonly ToldBuild[]> {
  const query = `query ($readModel: String) { readModelBuilds(readModel: $readModel, first: 500) { nodes { ${BUILD} } } }`;
  return (await client.ask<{ readonly readModelBuilds: { readonly nodes: readonly ToldBuild[] } }>(query, { readModel })).readModelBuilds
    .nodes;
}

/** The states of a read model's builds, in the order of their numbers, such as `1 LIVE`. */
export async function statesOf(client: GraphqlClient, readModel: string): Promise<readonly string[]> {
  return (await buildsOf(client, readModel)).map(({ build, state }) => `${build} ${state}`);
}

/** The build that a server answers from, by its number. */
export async function answering(client: GraphqlClient, readModel: string): Promise<number | undefined> {
  const { models } = JSON.parse((await client.get('/health/ready')).text) as {
    readonly models: readonly { readonly model: string; readonly build: number; readonly answers: boolean }[];
  };
  return models.find(({ model, answers }) => model === readModel && answers)?.build;
}

/**
 * Fills a folder without a server: a lead for each of these owners that is registered, assigned and qualified, and read models up to the end,
 * of each of these programs after the other; of this one unless said otherwise.
 * @returns the ids of the leads
 */
export async function fillFolder(
  folder: string,
  owners: readonly string[],
  ...programs: readonly (readonly Projection[])[]
): Promise<readonly string[]> {
  const [log, writer, reader] = [await logIn(folder), await viewWriterIn(folder), await viewReaderIn(folder)];
  try {
    const commandHandler = commandHandlerOn(log);
    const ids: string[] = [];
    for (const [index, ownerId] of owners.entries()) {
      const { stream } = await commandHandler.execute(RegisterLead({ name: `Lead ${index + 1}` }), { actor: 'ana' });
      const { id } = stream;
      await commandHandler.execute(AssignLead({ id, ownerId }), { actor: 'ana' });
      await commandHandler.execute(QualifyLead({ id, temperature: 'hot' }), { actor: 'ana' });
      ids.push(id);
    }
    for (const program of programs.length > 0 ? programs : [domain.projections]) {
      await new Projector({ log, views: writer, reader, projections: program }).catchUp();
    }
    return ids;
  } finally {
    await reader.close();
    await writer.close();
    await log.close();
  }
}
