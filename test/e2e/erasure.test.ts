/**
 * Canaries: people with a word of their own in every sealed field. What is in the log can't be read, and after an erasure no answer and no byte of any
 * file holds a word of the person, but for what stands in shared records until that is erased too. Everything else stands.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { domain } from '../../src/domain.js';
import { servedBuild } from '../../src/views/serving/versions.js';
import { openLog } from '../../src/engines.js';
import { written } from '../../src/log/sealed-parts.js';
import { definePipeline, registerLead } from '../support/api/funnel.js';
import { filledIn, sealedFieldsOfEvents } from '../support/domain/sealed-fields.js';
import { placeOf, viewReaderIn } from '../support/engines/engines.js';
import { eraseTextOf, eventsTold, foundBy, listsTold, recordTold, reviewsTold, sealedFieldsOf } from '../support/erasure/answers.js';
import { bytesBeside, Canary, logBytes } from '../support/erasure/canary.js';
import { convertPerson, registerPerson, type Person } from '../support/erasure/person.js';
import { allEvents } from '../support/log/log-events.js';
import { everythingIn } from '../support/read-models/read-models.js';
import { runProgram, startServer, type Server } from '../support/processes/server.js';
import { sharedFolder, type Folder } from '../support/folder.js';
import { until } from '../support/until.js';

const folder = sharedFolder();
const FIGURES = ['pipelineBoard', 'leadFunnel', 'salesKpis'];

/** Registered directly; came as a lead; others, of whom nothing is erased. */
const [ana, ion, eva] = [new Canary('ana', 11), new Canary('ion', 22), new Canary('eva', 33)];
let server: Server;
let people: { readonly ana: Person; readonly ion: Person; readonly eva: Person };
/** Where the log stood before anything was erased, and the figures of then. */
let before: string;
let figures: unknown;

/** All documents of the read models that only count. */
async function figuresIn({ path }: Folder): Promise<unknown> {
  const views = await viewReaderIn(path);
  try {
    const models = domain.projections.filter(({ model }) => FIGURES.includes(model.name));
    const records = await views.builds();
    return await Promise.all(models.map(async ({ model }) => (await everythingIn(views, servedBuild(records, model))).documents));
  } finally {
    await views.close();
  }
}

/** The log's events as the engine stores them, and every byte of its files. */
async function stored(): Promise<string> {
  const log = await openLog(await placeOf(folder.path), { readOnly: true });
  try {
    const events = await allEvents(log);
    return JSON.stringify(events.map(written)) + logBytes(folder);
  } finally {
    await log.close();
  }
}

/** Until every read model has come to the end of the log. */
async function reached(): Promise<string> {
  const position = await server.logPosition();
  await until(
    async () => JSON.parse((await server.get('/health/ready')).text) as { readonly models: readonly { readonly position: number }[] },
    ({ models }) => models.every((model) => model.position >= Number(position)),
  );
  return position;
}

const everythingTold = async (): Promise<string> => {
  const position = await reached();
  return [
    await listsTold(server, null, position),
    await listsTold(server, { position: before }, position),
    await eventsTold(server),
  ].join();
};

beforeAll(async () => {
  server = await startServer(folder.path, { DAYBOOK_LOG_LEVEL: 'debug' });
  const pipelineId = await definePipeline(server);
  people = {
    eva: await registerPerson(server, eva, pipelineId),
    ana: await registerPerson(server, ana, pipelineId),
    ion: await convertPerson(server, ion, pipelineId),
  };
  before = await reached();
  figures = await figuresIn(folder);
}, 120_000);

describe('before anything is erased', () => {
  it('no word can be read in the log, and read models have them', async () => {
    const log = await stored();
    const [beside, told] = [await bytesBeside(folder), await everythingTold()];
    for (const canary of [ana, ion, eva]) {
      expect(canary.in(log)).toEqual([]);
      expect(canary.in(told)).toEqual(canary.fields());
    }
    for (const canary of [ana, eva]) expect(canary.in(beside).length).toBeGreaterThan(canary.fields().length / 2);
    expect(await foundBy(server, ana.of('contact.revised.name'))).toBe(1);
  });

  it('each sealed field of every event has a word', async () => {
    const events = (await eventsTold(server)).split('\n').map((line) => JSON.parse(line) as { type: string; data: unknown });
    const types = new Map(domain.records.flatMap((record) => record.events).map(({ type }) => [constantName(type), type]));
    const filled = filledIn(events.map(({ type, data }) => ({ type: types.get(type) ?? '', data })));
    // The reasons of operators are no record's; the dead letters of a person have a test of their own.
    expect(sealedFieldsOfEvents().filter((field) => !filled.has(field))).toEqual(['DeadLetterSkipped.reason', 'KeysLost.reason']);
  });
});

function constantName(type: string): string {
  return type.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

describe.each([['somebody who was registered', 'ana'] as const, ['somebody who came as a lead', 'ion'] as const])('%s', (_, name) => {
  const canary = { ana, ion }[name];
  const person = (): Person => people[name];
  const commandId = randomUUID();
  const shared = (): readonly string[] => canary.fields('opportunity.');

  it('is erased with their leads and their household', async () => {
    const { contact, household, lead, opportunity } = person();
    await server.done('eraseContact', { id: contact, ground: 'REQUEST', commandId });
    const expected = [`${contact} → opportunity ${opportunity}`, `${household} → opportunity ${opportunity}`].sort();
    const ours = (all: readonly string[]): readonly string[] => all.filter((review) => review.endsWith(opportunity));
    expect(
      ours(
        await until(
          () => reviewsTold(server),
          (all) => ours(all).length >= 2,
        ),
      ),
    ).toEqual(expected);
    await reached();
    for (const [list, id] of [
      ['contacts', contact],
      ['accounts', household],
      ['leads', lead],
    ] as const) {
      const record = await recordTold(server, list, id);
      const nothing = Object.fromEntries(sealedFieldsOf(list).map((field) => [field, null]));
      expect({ list, record }).toEqual({ list, record: { ...nothing, tags: record?.['tags'], withheld: sealedFieldsOf(list) } });
    }
    const refused = await server.command('reviseContact', { id: contact, jobRole: 'smith' });
    expect(refused.userErrors).toMatchObject([{ code: 'CONTACT_ERASED' }]);
  });

  it('is in no answer any more, now or as of before, but for the shared opportunity', async () => {
    const told = await everythingTold();
    expect(canary.in(told)).toEqual(shared());
    for (const field of ['contact.revised.name', 'converted.contact.name'].filter((each) => canary.fields().includes(each))) {
      expect(await foundBy(server, canary.of(field))).toBe(0);
      expect(await foundBy(server, canary.of(field), { position: before })).toBe(0);
    }
  });

  it('is in no byte any more, but for the shared opportunity', async () => {
    const left = await until(
      async () => canary.in(await bytesBeside(folder)),
      (found) => found.every((field) => shared().includes(field)),
    );
    expect(left.length).toBeGreaterThan(0);
    expect(canary.in(await stored())).toEqual([]);
  });

  it('is erased once, however often that is sent', async () => {
    const head = await server.logPosition();
    const { contact } = person();
    await server.done('eraseContact', { id: contact, ground: 'REQUEST', commandId });
    await server.done('eraseContact', { id: contact, ground: 'UNLAWFUL' });
    expect(await server.logPosition()).toBe(head);
  });

  it('leaves nothing behind when the text of the opportunity is erased too', async () => {
    await eraseTextOf(server, person().opportunity);
    expect(canary.in(await everythingTold())).toEqual([]);
    await until(
      async () => canary.in(await bytesBeside(folder)),
      (found) => found.length === 0,
    );
    expect(canary.in(await stored())).toEqual([]);
  });
});

describe('everything else', () => {
  it('stands: the words of others, and all figures', async () => {
    expect(eva.in(await everythingTold())).toEqual(eva.fields());
    expect(eva.in(await bytesBeside(folder)).length).toBeGreaterThan(eva.fields().length / 2);
    expect(await figuresIn(folder)).toEqual(figures);
    expect(await foundBy(server, eva.of('contact.revised.name'))).toBe(1);
  });

  it('equals what is built afresh, and the server printed no word', async () => {
    await registerLead(server);
    await reached();
    expect(await runProgram(['projections', 'verify', '--data-dir', folder.path])).toMatchObject({ code: 0 });
    const { code, output } = await server.stop();
    expect(code).toBe(0);
    for (const canary of [ana, ion, eva]) expect(canary.in(output)).toEqual([]);
  });
});
