/** Verification over GraphQL, as a page for operators asks for it and watches it. What is planted is planted through the port, so in every engine. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { domain } from '../../src/domain.js';
import { viewWriterIn } from '../support/engines/engines.js';
import { registerAccount } from '../support/api/funnel.js';
import { done, fillFolder, operation, refusal, refusalIn } from '../support/api/operator.js';
import { startServer } from '../support/processes/server.js';
import { sharedFolder } from '../support/folder.js';
import { until } from '../support/until.js';
import { type ReadModelServer, startReadModelServer } from '../support/processes/read-model-server.js';

const OWNERS = ['bob', 'bob', 'bob', 'eve'];
const names = [...new Set(domain.projections.map(({ model }) => model.name))].sort();
const [folder, empty] = [sharedFolder(), sharedFolder()];
/** Nobody projects here, so that what is planted stays, and the lease is free to plant it. */
let server: ReadModelServer;
let leads: readonly string[];

interface Result {
  readonly readModel: string;
  readonly version: number;
  readonly build: number;
  readonly position: string;
  readonly documents: number;
  readonly deadLetters: number;
  readonly differing: number;
  readonly differences: readonly {
    readonly key: string;
    readonly kind: string;
    readonly detail: string;
    readonly expected: Readonly<Record<string, unknown>> | null;
    readonly actual: Readonly<Record<string, unknown>> | null;
  }[];
}

interface Told {
  readonly id: string;
  readonly readModels: readonly string[];
  readonly state: string;
  readonly progress: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly equal: boolean | null;
  readonly results: readonly Result[];
  readonly error: string | null;
}

const VERIFICATION = `query ($id: ID!) { verification(id: $id) { id readModels state progress startedAt finishedAt equal error
  results { readModel version build position documents deadLetters differing differences { key kind detail expected actual } } } }`;

const verification = async (id: string): Promise<Told | null> =>
  (await server.ask<{ readonly verification: Told | null }>(VERIFICATION, { id })).verification;

/** What it was told of a verification from its beginning to its end. */
async function verified(
  readModels?: readonly string[],
): Promise<{ readonly begun: Told; readonly seen: readonly Told[]; readonly told: Told }> {
  const begun = await done<Told>(server, 'verifyReadModels', { readModels });
  const seen: Told[] = [];
  const told = await until(
    async () => {
      const now = (await verification(begun.id))!;
      seen.push(now);
      return now;
    },
    ({ finishedAt }) => finishedAt !== null,
  );
  return { begun, seen, told };
}

/** Changes leads behind the projector's back: what comes of it is stored whole, and no event explains it. */
async function plant(change: (lead: Readonly<Record<string, unknown>>) => Readonly<Record<string, object | null>>): Promise<void> {
  const writer = await viewWriterIn(folder.path);
  try {
    const record = (await writer.builds()).find(({ name }) => name === 'leads')!;
    const build = { model: domain.projections.find(({ model }) => model.name === 'leads')!.model, number: record.number };
    const [lease] = await writer.leases.acquire(['leads'], 'vandal', 60_000);
    const stored = (await writer.load(build, leads.slice(0, 1))).get(leads[0]!)!;
    const { position } = record;
    const changes = Object.entries(change(stored.document!)).map(([key, document]) => ({ key, position, document: document as never }));
    await writer.commit([{ build, from: position, to: position, changes, lease: lease!, erasures: 0, progress: record }]);
    await writer.leases.release([lease!]);
  } finally {
    await writer.close();
  }
}

beforeAll(async () => {
  leads = await fillFolder(folder.path, OWNERS);
  server = await startReadModelServer('fragile', folder.path, { role: 'api' });
});

describe('a verification', () => {
  it('of all read models tells each build that answers, where it was compared, and that nothing differs', async () => {
    const { begun, seen, told } = await verified();
    const nothing = { finishedAt: null, equal: null, results: [], error: null };
    expect(begun).toMatchObject({ state: 'WAITING', progress: 0, ...nothing });
    expect([...begun.readModels].sort()).toEqual(names);
    const head = await server.logPosition();
    expect(told).toMatchObject({ id: begun.id, state: 'DONE', progress: 1, equal: true, error: null, startedAt: begun.startedAt });
    expect(told.results.map(({ readModel }) => readModel).sort()).toEqual(names);
    const same = { version: 1, build: 1, position: head, differing: 0, differences: [] };
    expect(told.results).toMatchObject(told.results.map(() => same));
    expect(told.results.find(({ readModel }) => readModel === 'leads')).toMatchObject({ documents: OWNERS.length, deadLetters: 0 });
    // Watched until then, it says how it comes on, and says nothing before it knows.
    for (const { state, progress, ...rest } of seen.slice(0, -1)) {
      expect(['WAITING', 'BUILDING', 'COMPARING']).toContain(state);
      expect([progress >= 0, progress <= 1]).toEqual([true, true]);
      expect(rest).toMatchObject(nothing);
    }
  });

  it('of some read models is of those alone, of each once', async () => {
    const { begun, told } = await verified(['leads', 'accounts', 'leads']);
    expect([...begun.readModels].sort()).toEqual(['accounts', 'leads']);
    expect(told.results.map(({ readModel }) => readModel).sort()).toEqual(['accounts', 'leads']);
  });

  it('asked for by several is done one after the other, and each is told its own', async () => {
    const told = await Promise.all([['leads'], ['accounts'], ['leads']].map((readModels) => verified(readModels)));
    expect(new Set(told.map(({ begun }) => begun.id)).size).toBe(3);
    expect(told.map(({ told: { equal, results } }) => [equal, results.map(({ readModel }) => readModel)])).toEqual([
      [true, ['leads']],
      [true, ['accounts']],
      [true, ['leads']],
    ]);
  });

  it('of a read model that there is not is refused, of none at all too, and one that nobody asked for is not known', async () => {
    expect(await refusal(server, 'verifyReadModels', { readModels: ['leads', 'lead'] })).toEqual({
      code: 'NOT_FOUND',
      fields: ['readModels'],
      message: `There is no read model "lead"; there are ${names.join(', ')}.`,
    });
    expect(await refusal(server, 'verifyReadModels', { readModels: [] })).toEqual({
      code: 'BAD_USER_INPUT',
      fields: ['readModels'],
      message: 'readModels must name at least one. For all, leave it out.',
    });
    expect(await verification(randomUUID())).toBeNull();
    expect(await verification('no id')).toBeNull();
  });

  it('of read models that were never built is refused: it would find nothing that differs', async () => {
    const other = await startServer(empty.path, { DAYBOOK_ROLE: 'api' });
    const expected = { code: 'NOT_READY', fields: ['readModels'], message: expect.stringMatching(/^Not built yet: .*rebuild /) };
    expect(await refusal(other, 'verifyReadModels', { readModels: ['leads'] })).toEqual(expected);
    expect(await refusal(other, 'verifyReadModels', {})).toEqual(expected);
  });

  it('of what nobody projects tells how it is where it stands, though the log has gone on', async () => {
    const position = await server.logPosition();
    await registerAccount(server);
    const { told } = await verified(['accounts']);
    expect(told).toMatchObject({ state: 'DONE', equal: true, error: null });
    expect(told.results).toMatchObject([{ readModel: 'accounts', position, differing: 0 }]);
    expect(await server.logPosition()).not.toBe(position);
  });

  // What it plants stays.
  it('finds what no event explains, what is missing and what was changed, and shows both documents', async () => {
    const [changed, missing] = leads;
    await plant((lead) => ({
      [changed!]: { ...lead, ownerId: 'mallory' },
      [missing!]: null,
      planted: { ...lead, id: 'planted' },
    }));
    const { told } = await verified(['leads', 'accounts']);
    expect(told).toMatchObject({ state: 'DONE', equal: false, error: null });
    const of = new Map(told.results.map((result) => [result.readModel, result]));
    expect(of.get('accounts')).toMatchObject({ differing: 0, differences: [] });
    expect(of.get('leads')).toMatchObject({ build: 1, documents: OWNERS.length + 1, differing: 3, deadLetters: 0 });
    const found = new Map(of.get('leads')!.differences.map((difference) => [difference.key, difference]));
    expect(found.get(changed!)).toMatchObject({
      kind: 'CHANGED',
      detail: expect.stringContaining('ownerId'),
      expected: { id: changed, ownerId: 'bob' },
      actual: { id: changed, ownerId: 'mallory' },
    });
    expect(found.get(missing!)).toMatchObject({ kind: 'MISSING', expected: { id: missing }, actual: null });
    expect(found.get('planted')).toMatchObject({ kind: 'UNEXPLAINED', expected: null, actual: { id: 'planted', ownerId: 'bob' } });
    expect(found.size).toBe(3);
  });

  // The last one here: those that wait go with the server.
  it('is not forgotten while it waits, however many are asked for: those too many are refused', async () => {
    const asked = await Promise.all(Array.from({ length: 60 }, () => operation(server, 'verifyReadModels', { readModels: ['leads'] })));
    const begun = asked.flatMap((answer) =>
      refusalIn(answer) ? [] : [(answer.data as { readonly done: { readonly result: Told } }).done.result.id],
    );
    const refused = asked.map(refusalIn).filter((each) => each !== undefined);
    expect(refused).toEqual(
      refused.map(() => ({
        code: 'NOT_READY',
        fields: ['readModels'],
        message: expect.stringContaining('20 verifications are running or queued'),
      })),
    );
    expect(begun.length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBeGreaterThan(0);
    for (const id of begun) expect(await verification(id)).toMatchObject({ id });
  });
});
