/** Builds of read models over GraphQL, as a page for operators asks for them: what it is told, which build answers then, and each refusal. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { domain } from '../../src/domain.js';
import { registerLead } from '../support/api/funnel.js';
import type { GraphqlClient } from '../support/api/graphql-client.js';
import { answering, buildsOf, done, fillFolder, operation, refusal, refusalIn, statesOf, type ToldBuild } from '../support/api/operator.js';
import { sharedFolder } from '../support/folder.js';
import { until } from '../support/until.js';
import { type ReadModelServer, projectionsOf, startReadModelServer } from '../support/processes/read-model-server.js';

const names = [...new Set(domain.projections.map(({ model }) => model.name))].sort();
const folders = [sharedFolder(), sharedFolder(), sharedFolder()] as const;

const isReady = (wanted: number) => (builds: readonly ToldBuild[]) =>
  builds.some(({ build, state }) => build === wanted && state === 'READY');

describe('on a server that projects', () => {
  let server: ReadModelServer;
  let lead: string;

  beforeAll(async () => {
    // What has caught up waits to be cut over.
    server = await startReadModelServer('fragile', folders[0].path);
    lead = await registerLead(server);
    const head = await server.logPosition();
    await until(
      () => buildsOf(server),
      (builds) => builds.length === names.length && builds.every(({ position, finishedAt }) => position === head && finishedAt !== null),
    );
  });

  const rebuilt = async (readModel: string): Promise<ToldBuild> => {
    const asked = await done(server, 'rebuildReadModel', { readModel });
    const builds = await until(() => buildsOf(server, readModel), isReady(asked.build));
    return builds.find(({ build }) => build === asked.build)!;
  };

  it('all are listed, or those of one read model, with how far each is', async () => {
    const head = await server.logPosition();
    const builds = await buildsOf(server);
    expect(builds.map(({ readModel, state }) => `${readModel} ${state}`)).toEqual(names.map((name) => `${name} LIVE`));
    const [leads, ...others] = await buildsOf(server, 'leads');
    expect(others).toEqual([]);
    expect(leads).toMatchObject({
      version: 1,
      build: 1,
      position: head,
      head,
      progress: 1,
      events: 1,
      secondsLeft: 0,
      deadLetters: 0,
      error: null,
    });
    expect(Date.parse(leads!.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(leads!.startedAt));
    expect(Date.parse(leads!.servedAt!)).toBeGreaterThanOrEqual(Date.parse(leads!.startedAt));
    expect(leads).toEqual(builds.find(({ readModel }) => readModel === 'leads'));
  });

  it('a rebuild is begun beside the live one, which answers until the other one is cut over to; a rollback goes back', async () => {
    const asked = await done(server, 'rebuildReadModel', { readModel: 'leads' });
    expect(asked).toMatchObject({ readModel: 'leads', version: 1, build: 2, servedAt: null, deadLetters: 0, error: null });
    expect(['BUILDING', 'READY']).toContain(asked.state);
    const [live, ready] = await until(() => buildsOf(server, 'leads'), isReady(2));
    expect([live!.state, await answering(server, 'leads')]).toEqual(['LIVE', 1]);
    expect(ready).toMatchObject({ position: live!.position, progress: 1, secondsLeft: 0, finishedAt: expect.any(String), servedAt: null });

    const cutOver = await done(server, 'cutOverReadModel', { readModel: 'leads' });
    expect(cutOver).toMatchObject({ readModel: 'leads', build: 2, state: 'LIVE', servedAt: expect.any(String) });
    expect(await statesOf(server, 'leads')).toEqual(['1 RETIRED', '2 LIVE']);
    await until(
      () => answering(server, 'leads'),
      (build) => build === 2,
    );
    expect(await server.ask('query ($id: ID!) { lead(id: $id) { id } }', { id: lead })).toEqual({ lead: { id: lead } });

    // Asked for by its number it is already live, and nothing changes.
    expect(await done(server, 'cutOverReadModel', { readModel: 'leads', build: 2 })).toEqual(cutOver);
    expect(await done(server, 'rollBackReadModel', { readModel: 'leads' })).toMatchObject({ build: 1, state: 'LIVE' });
    expect(await statesOf(server, 'leads')).toEqual(['1 LIVE', '2 RETIRED']);
    await until(
      () => answering(server, 'leads'),
      (build) => build === 1,
    );
    expect(await done(server, 'rollBackReadModel', { readModel: 'leads', build: 1 })).toMatchObject({ build: 1, state: 'LIVE' });
    expect(await done(server, 'rollBackReadModel', { readModel: 'leads', build: 2 })).toMatchObject({ build: 2, state: 'LIVE' });

    // Both followed the log meanwhile, and do.
    await registerLead(server);
    const head = await server.logPosition();
    await until(
      () => buildsOf(server, 'leads'),
      (builds) => builds.every(({ position }) => position === head),
    );
  });

  it('one that answers is not dropped, nor one that answered a moment ago; one that never did is, at once', async () => {
    const { build } = await rebuilt('accounts');
    const dropping = (of: number) => ({ readModel: 'accounts', build: of });
    expect(await refusal(server, 'dropReadModelBuild', dropping(1))).toEqual({
      code: 'NOT_READY',
      fields: ['build'],
      message: 'accounts@1#1 is live. Cut over to another build first.',
    });
    expect(await done<boolean>(server, 'dropReadModelBuild', dropping(build))).toBe(true);
    expect(await statesOf(server, 'accounts')).toEqual(['1 LIVE']);
    // It is gone, and its number is not given again.
    expect(await refusal(server, 'dropReadModelBuild', dropping(build))).toEqual({
      code: 'NOT_FOUND',
      fields: ['build'],
      message: `accounts has no build ${build}; there are: accounts@1#1 (live).`,
    });
    const next = await rebuilt('accounts');
    expect(next.build).toBe(build + 1);
    await done(server, 'cutOverReadModel', { readModel: 'accounts', build: next.build });
    expect(await refusal(server, 'dropReadModelBuild', dropping(1))).toEqual({
      code: 'NOT_READY',
      fields: ['build'],
      message: expect.stringMatching(/^accounts@1#1 was live until a moment ago, .* Try again in \d+ s\.$/),
    });
    expect(await statesOf(server, 'accounts')).toEqual(['1 RETIRED', `${next.build} LIVE`]);
  });

  it('where there is nothing to cut over to, or to roll back to, it says what there is', async () => {
    const nothing = (what: string) => ({
      code: 'NOT_FOUND',
      fields: ['build'],
      message: `contacts has no build ${what}; there are: contacts@1#1 (live).`,
    });
    const contacts = { readModel: 'contacts' };
    expect(await refusal(server, 'rollBackReadModel', contacts)).toEqual(nothing('that is retired'));
    expect(await refusal(server, 'cutOverReadModel', contacts)).toEqual(nothing('that is being built or is ready'));
    for (const name of ['rollBackReadModel', 'cutOverReadModel', 'dropReadModelBuild'] as const) {
      expect(await refusal(server, name, { ...contacts, build: 99 })).toEqual(nothing('99'));
    }
    expect(await statesOf(server, 'contacts')).toEqual(['1 LIVE']);
  });

  it('of a read model that there is not, each says so and which there are', async () => {
    const unknown = { code: 'NOT_FOUND', fields: ['readModel'], message: `There is no read model "lead"; there are ${names.join(', ')}.` };
    for (const name of ['rebuildReadModel', 'cutOverReadModel', 'rollBackReadModel', 'dropReadModelBuild'] as const) {
      const build = name === 'dropReadModelBuild' ? { build: 1 } : {};
      expect(await refusal(server, name, { readModel: 'lead', ...build })).toEqual(unknown);
    }
    expect(refusalIn(await server.request('{ readModelBuilds(readModel: "lead") { nodes { build } } }'))).toEqual(unknown);
  });

  it('a drop that names no build is refused by the schema', async () => {
    const { status, errors } = await operation(server, 'dropReadModelBuild', { readModel: 'leads' });
    expect([status, errors[0]?.extensions?.['code']]).toEqual([400, 'BAD_USER_INPUT']);
    expect(errors[0]?.message).toContain('build');
  });
});

describe('where nobody projects', () => {
  let server: ReadModelServer;

  beforeAll(async () => {
    await fillFolder(folders[1].path, ['bob', 'eve']);
    server = await startReadModelServer('fragile', folders[1].path, { role: 'api' });
  });

  it('what is asked for waits for a projector: it is not cut over to before it is built, and asking again changes nothing', async () => {
    const asked = await done(server, 'rebuildReadModel', { readModel: 'leads' });
    expect(asked).toMatchObject({
      build: 2,
      state: 'BUILDING',
      position: '0',
      progress: 0,
      events: 0,
      secondsLeft: null,
      finishedAt: null,
    });
    expect(await done(server, 'rebuildReadModel', { readModel: 'leads' })).toEqual(asked);
    const notReady = { code: 'NOT_READY', fields: ['build'], message: 'leads@1#2 is still being built: it is at position 0.' };
    expect(await refusal(server, 'cutOverReadModel', { readModel: 'leads' })).toEqual(notReady);
    expect(await refusal(server, 'cutOverReadModel', { readModel: 'leads', build: 2 })).toEqual(notReady);
    expect(await refusal(server, 'rollBackReadModel', { readModel: 'leads', build: 2 })).toMatchObject({
      code: 'NOT_READY',
      fields: ['build'],
    });
    expect(await statesOf(server, 'leads')).toEqual(['1 LIVE', '2 BUILDING']);
    expect(await answering(server, 'leads')).toBe(1);
    expect(await done<boolean>(server, 'dropReadModelBuild', { readModel: 'leads', build: 2 })).toBe(true);
    expect(await statesOf(server, 'leads')).toEqual(['1 LIVE']);
  });
});

describe('of two versions', () => {
  /** How long a build that answered is kept for requests that read it. */
  const SHORT_MS = 3_000;
  let both: GraphqlClient;
  let older: ReadModelServer;

  beforeAll(async () => {
    await fillFolder(folders[2].path, ['bob', 'eve'], domain.projections, await projectionsOf('two-versions'));
    const settings = { role: 'api', requestTimeoutMs: SHORT_MS };
    older = await startReadModelServer('fragile', folders[2].path, settings);
    both = await startReadModelServer('two-versions', folders[2].path, settings);
  });

  it('a program goes back to a version that it has; what was rolled back from is kept, and another program refuses it', async () => {
    expect(await statesOf(both, 'leads')).toEqual(['1 RETIRED', '2 LIVE']);
    expect(await both.ask('{ leads(orderBy: [{ field: NAME, direction: ASC }], first: 1) { nodes { label } } }')).toEqual({
      leads: { nodes: [{ label: 'Lead Lead 1' }] },
    });
    expect(await answering(older, 'leads')).toBe(1);
    expect(await done(both, 'rollBackReadModel', { readModel: 'leads' })).toMatchObject({ version: 1, build: 1, state: 'LIVE' });
    // The schema is that of the version that answers.
    await until(
      () => both.request('{ leads { nodes { label } } }'),
      ({ errors }) => errors.length > 0,
    );
    expect(await both.ask('{ leads { totalCount } }')).toEqual({ leads: { totalCount: 2 } });

    const missing = {
      code: 'NOT_READY',
      fields: ['build'],
      message: expect.stringContaining('This program does not have version 2 of leads as leads@2#2 was built'),
    };
    expect(await refusal(older, 'rollBackReadModel', { readModel: 'leads' })).toEqual(missing);
    expect(await refusal(older, 'cutOverReadModel', { readModel: 'leads', build: 2 })).toEqual(missing);

    const dropping = () => refusal(both, 'dropReadModelBuild', { readModel: 'leads', build: 2 });
    const kept = await until(dropping, (told) => !told?.message.includes('until a moment ago'));
    expect(kept).toEqual({
      code: 'NOT_READY',
      fields: ['build'],
      message:
        'leads@2#2 was rolled back. If it were dropped, version 2 would be built again and become live. Deploy a program without that version first.',
    });
    expect(await statesOf(both, 'leads')).toEqual(['1 LIVE', '2 RETIRED']);
    // That program is here, and lets it go.
    expect(await done<boolean>(older, 'dropReadModelBuild', { readModel: 'leads', build: 2 })).toBe(true);
    expect(await statesOf(both, 'leads')).toEqual(['1 LIVE']);
  });
});
