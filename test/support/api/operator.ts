/** What operators ask of read models over GraphQL, and what they are told. */
import { projections } from '../../../projections/index.js';
import type { Projection } from '../../../src/kernel/projection.js';
import { fromInput } from '../../../src/kernel/input.js';
import { CommandPipeline } from '../../../src/pipeline/command-pipeline.js';
import { Projector } from '../../../src/projector/projector.js';
import { AssignLead, RegisterLead } from '../../../src/sales/lead.js';
import { QualifyLead } from '../../../src/sales/qualify-lead.js';
import { logIn, viewReaderIn, viewWriterIn } from '../engines/engines.js';
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
  readonly parked: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly servedAt: string | null;
  readonly error: string | null;
}

const BUILD =
  'readModel version build state position head progress events eventsPerSecond secondsLeft parked startedAt finishedAt servedAt error';

/** What each mutation gives. */
const ANSWERS = {
  rebuildReadModel: BUILD,
  cutOverReadModel: BUILD,
  rollBackReadModel: BUILD,
  dropReadModelBuild: '',
  verifyReadModels: 'id readModels state progress startedAt finishedAt equal error results { readModel }',
  retryDeadLetters: 'commandId position',
  skipDeadLetter: 'commandId position',
} as const;

type Operation = keyof typeof ANSWERS;

/** Asks, and gives whatever comes back as `done`. */
export function operation(client: GraphqlClient, name: Operation, input: object, headers?: SentHeaders): Promise<Answer> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const fields = ANSWERS[name] === '' ? '' : ` { ${ANSWERS[name]} }`;
  return client.request(`mutation ($input: ${type}!) { done: ${name}(input: $input)${fields} }`, { input }, headers);
}

/** What comes of something that must be done. */
export async function done<Data = ToldBuild>(client: GraphqlClient, name: Operation, input: object, headers?: SentHeaders): Promise<Data> {
  const answer = await operation(client, name, input, headers);
  if (answer.errors.length > 0) throw new Error(`${name} was refused: ${answer.text}`);
  return (answer.data as { readonly done: Data }).done;
}

export interface Refusal {
  readonly code: unknown;
  /** The inputs that it is about. */
  readonly fields: readonly string[];
  readonly message: string;
}

/** Why a request was refused; undefined when it was not. */
export function refusalIn({ errors: [error] }: Answer): Refusal | undefined {
  if (!error) return undefined;
  const { code, problems } = error.extensions ?? {};
  const told = (problems ?? []) as readonly { readonly field: string; readonly message: string }[];
  // A page shows the problem beside its input, so it has to say the same.
  if (told.length === 1 && !error.message.includes(told[0]?.message ?? '')) throw new Error(`It says two things: ${JSON.stringify(error)}`);
  return { code, fields: told.map(({ field }) => field), message: error.message };
}

export async function refusal(client: GraphqlClient, name: Operation, input: object): Promise<Refusal | undefined> {
  return refusalIn(await operation(client, name, input));
}

/** The builds of a read model, or all. */
export async function buildsOf(client: GraphqlClient, readModel?: string): Promise<readonly ToldBuild[]> {
  const query = `query ($readModel: String) { readModelBuilds(readModel: $readModel) { ${BUILD} } }`;
  return (await client.ask<{ readonly readModelBuilds: readonly ToldBuild[] }>(query, { readModel })).readModelBuilds;
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
    const pipeline = new CommandPipeline({ log });
    const ids: string[] = [];
    for (const [index, owner] of owners.entries()) {
      const { stream } = await pipeline.execute(fromInput(RegisterLead, { name: `Lead ${index + 1}` }), { actor: 'ana' });
      const { id } = stream;
      await pipeline.execute(fromInput(AssignLead, { id, owner }), { actor: 'ana' });
      await pipeline.execute(fromInput(QualifyLead, { id, temperature: 'hot' }), { actor: 'ana' });
      ids.push(id);
    }
    for (const program of programs.length > 0 ? programs : [projections]) {
      await new Projector({ log, views: writer, reader, projections: program }).catchUp();
    }
    return ids;
  } finally {
    await reader.close();
    await writer.close();
    await log.close();
  }
}
