/** Erasures while nobody projects, while read models are rebuilt, and under kill -9: nothing of the person is left, and all builds agree. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { definePipeline, registerLead } from '../support/api/funnel.js';
import { buildsOf } from '../support/api/operator.js';
import { eraseTextOf, eventsTold, listsTold, reviewsTold } from '../support/erasure/answers.js';
import { bytesBeside, Canary } from '../support/erasure/canary.js';
import { convertPerson, type Person } from '../support/erasure/person.js';
import { startReadModelServer } from '../support/processes/read-model-server.js';
import { runProgram, startServer, type Server } from '../support/processes/server.js';
import { folderPerTest } from '../support/folder.js';
import { until } from '../support/until.js';

const folder = folderPerTest();
let ana: Canary;
let eva: Canary;
beforeEach(() => {
  [ana, eva] = [new Canary('ana', 11), new Canary('eva', 33)];
});

/** Small pages, so that a rebuild lasts. */
const serve = (role = 'api,projector,policies'): Promise<Server> =>
  startServer(folder.path, { DAYBOOK_PROJECTION_PAGE: '2', DAYBOOK_POLICY_PATIENCE_MS: '200', DAYBOOK_ROLE: role });

const inEverything = async (canary: Canary): Promise<readonly string[]> => canary.in(await bytesBeside(folder));

/** Until process managers have done everything that the erasure of a person leads to, and every build has come to the end of the log. */
async function settled(server: Server, { opportunity }: Person): Promise<string> {
  await until(
    () => reviewsTold(server),
    (reviews) => reviews.filter((review) => review.endsWith(opportunity)).length === 2,
  );
  const position = await server.logPosition();
  await until(
    () => buildsOf(server),
    (builds) => builds.every(({ position: at, state }) => Number(at) >= Number(position) && state !== 'BUILDING'),
  );
  return position;
}

/** Nothing of Ana is left in an answer or a byte, Eva stands, and what is built afresh is the same. */
async function expectErased(server: Server, person: Person, earlier: string): Promise<void> {
  await settled(server, person);
  await eraseTextOf(server, person.opportunity);
  const position = await settled(server, person);
  const told = [
    await listsTold(server, null, position),
    await listsTold(server, { position: earlier }, position),
    await eventsTold(server),
  ];
  expect(ana.in(told.join())).toEqual([]);
  expect(eva.in(told.join())).toEqual(eva.fields());
  await until(
    () => inEverything(ana),
    (found) => found.length === 0,
  );
  expect(await runProgram(['projections', 'verify', '--data-dir', folder.path])).toMatchObject({ code: 0 });
}

/** Ana, Eva and others, with read models up to the end. */
async function begun(server: Server): Promise<{ readonly person: Person; readonly earlier: string }> {
  const pipelineId = await definePipeline(server);
  const person = await convertPerson(server, ana, pipelineId);
  await convertPerson(server, eva, pipelineId);
  for (let n = 0; n < 40; n += 1) await registerLead(server, { name: `Other ${n}` });
  await server.ready();
  return { person, earlier: await server.logPosition() };
}

describe('an erasure', () => {
  it('while nobody projects is applied by the next projector', async () => {
    const full = await serve();
    const { person, earlier } = await begun(full);
    await full.stop();
    const api = await serve('api');
    await api.done('eraseContact', { id: person.contact, ground: 'REQUEST' });
    expect(await api.command('reviseContact', { id: person.contact, jobRole: 'smith' })).toMatchObject({
      userErrors: [{ code: 'CONTACT_ERASED' }],
    });
    expect((await inEverything(ana)).length).toBeGreaterThan(0);
    await api.stop();
    await expectErased(await serve(), person, earlier);
  }, 120_000);

  it('while read models are rebuilt reaches the builds before and after', async () => {
    const server = await serve();
    const { person, earlier } = await begun(server);
    const rebuilding = runProgram(['projections', 'rebuild', 'contacts', 'accounts', 'leads', '--data-dir', folder.path]);
    await until(
      () => buildsOf(server, 'leads'),
      (builds) => builds.some(({ build, position }) => build === 2 && Number(position) > 0),
    );
    await server.done('eraseContact', { id: person.contact, ground: 'REQUEST' });
    expect(await rebuilding).toMatchObject({ code: 0 });
    await expectErased(server, person, earlier);
  }, 120_000);

  it('that was answered outlives kill -9, and so does one that was under way when it is sent again', async () => {
    let server = await serve();
    const { person, earlier } = await begun(server);
    const commandId = randomUUID();
    const erase = { id: person.contact, ground: 'REQUEST', commandId };
    for (let kill = 0; kill < 3; kill += 1) {
      const answer = server.done('eraseContact', erase).catch(() => undefined);
      await Promise.race([answer, sleep(randomInt(60))]);
      await server.stop('SIGKILL');
      await answer;
      server = await serve();
    }
    await server.done('eraseContact', erase);
    await server.stop('SIGKILL');
    server = await serve();
    await expectErased(server, person, earlier);
  }, 120_000);
});

describe('a dead letter', () => {
  it('whose error quotes the person does so no longer', async () => {
    const server = await startReadModelServer('quoting', folder.path);
    const { recordId: id } = await server.done('registerContact', { name: ana.text('contact.name'), email: ana.email('contact.email') });
    await server.done('assignContact', { id, ownerId: 'nobody' });
    await server.done('reviseContact', { id, jobRole: ana.text('contact.jobRole') });
    const errors = async (): Promise<readonly string[]> =>
      (
        await server.ask<{ readonly deadLetters: { readonly nodes: readonly { readonly first: { readonly error: string | null } }[] } }>(
          '{ deadLetters(readModel: "contacts") { nodes { first { error } } } }',
        )
      ).deadLetters.nodes.map(({ first }) => first.error ?? '');
    const [error = ''] = await until(errors, ({ length }) => length === 1);
    expect(ana.in(error)).toEqual(['contact.email', 'contact.name']);
    await server.done('eraseContact', { id, ground: 'REQUEST' });
    await until(errors, ([now = '']) => ana.in(now).length === 0);
    await until(
      () => inEverything(ana),
      (found) => found.length === 0,
    );
    expect(await errors()).toHaveLength(1);
  }, 120_000);
});
