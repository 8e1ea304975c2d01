/** What operations ask: is it alive, is it ready, and who is behind. */
import { describe, expect, it } from '@jest/globals';
import { RegisterLead } from '../../src/sales/lead.js';
import { domain } from '../../src/domain.js';
import { commandHandlerOn, logIn, onMongo } from '../support/engines/engines.js';
import { registerLead } from '../support/api/funnel.js';
import type { GraphqlClient } from '../support/api/graphql-client.js';
import { startServer } from '../support/processes/server.js';
import { sharedFolder } from '../support/folder.js';
import { sharedServer } from '../support/processes/set-up.js';
import { until } from '../support/until.js';
import { makeDeadLetter, startReadModelServer } from '../support/processes/read-model-server.js';

const { server } = await sharedServer();
const [behind, fragile, slow] = [sharedFolder(), sharedFolder(), sharedFolder()];

interface Standing {
  readonly status: string;
  readonly head: string;
  readonly models: readonly {
    readonly model: string;
    readonly version: number;
    readonly position: number;
    readonly behind: number;
    readonly deadLetters: number;
    readonly error?: string;
  }[];
}

const standing = async (of: GraphqlClient): Promise<{ readonly status: number; readonly body: Standing }> => {
  const { status, text } = await of.get('/health/ready');
  return { status, body: JSON.parse(text) as Standing };
};

describe('/health/live', () => {
  it('answers as long as the process does', async () => {
    expect(await server.get('/health/live')).toMatchObject({ status: 200, text: '{"status":"live"}' });
  });
});

describe('/health/ready', () => {
  it('names every read model and where it stands', async () => {
    await registerLead(server);
    await server.ready();
    const { status, body } = await standing(server);
    expect(status).toBe(200);
    expect(body.status).toBe('ready');
    expect(body.models.map(({ model }) => model).sort()).toEqual(domain.projections.map(({ model }) => model.name).sort());
  });

  it('says no while read models are behind what the log held at the start, and names them', async () => {
    const log = await logIn(behind.path);
    const commandHandler = commandHandlerOn(log);
    // As many as keep it busy for a while: SecantusDB takes a second for what SQLite takes in a few milliseconds.
    const LEADS = onMongo ? 500 : 6_000;
    for (let i = 0; i < LEADS; i += 500) {
      await Promise.all(Array.from({ length: 500 }, async () => commandHandler.execute(RegisterLead({ name: 'Ana' }), { actor: 'ana' })));
    }
    const head = await log.head();
    await log.close();
    // One event at a time, so that there is something to see.
    const late = await startServer(behind.path, { DAYBOOK_PROJECTION_PAGE: '10' });
    const first = await standing(late);
    expect(first).toMatchObject({ status: 503, body: { status: 'behind' } });
    const wrong = await late.request('{ leads { totalCount } }');
    expect(wrong.errors).toEqual([]);
    await late.ready();
    const { body } = await standing(late);
    expect(body.head).toBe(String(head));
    expect(body.models.every(({ behind: missing }) => missing === 0)).toBe(true);
    expect(await late.ask('{ leads { totalCount } }')).toEqual({ leads: { totalCount: LEADS } });
    expect(await late.stop()).toMatchObject({ code: 0 });
  });

  it('shows dead letters, and is 503 with an error only when a read model has stopped because of them', async () => {
    const broken = await startReadModelServer('fragile', fragile.path, { deadLetterLimit: 1 });
    const leads = async () => {
      const { status, body } = await standing(broken);
      return { status, ...body.models.find(({ model }) => model === 'leads') };
    };
    await makeDeadLetter(broken);
    const position = Number(await broken.logPosition());
    const serving = await until(leads, (told) => told.deadLetters === 1 && told.position === position);
    expect(serving).toMatchObject({ status: 200, behind: 0 });
    expect(serving.error).toBeUndefined();
    await makeDeadLetter(broken);
    const stopped = await until(leads, ({ error }) => error !== undefined);
    expect(stopped).toMatchObject({ status: 503, deadLetters: 2, error: expect.stringContaining('more than 1 dead letters') });
    const others = (await standing(broken)).body.models.filter(({ model }) => model !== 'leads');
    expect(others.map(({ error }) => error)).toEqual(others.map(() => undefined));
  });
});

describe('a request that takes too long', () => {
  it('is told so, and the server goes on', async () => {
    const impatient = await startServer(slow.path, { DAYBOOK_REQUEST_TIMEOUT_MS: '400' });
    const late = await impatient.request('{ leads(minPosition: "9007199254740991") { totalCount } }');
    expect(late.status).toBe(503);
    expect(late.text).toContain('TIMED_OUT');
    expect(await impatient.get('/health/live')).toMatchObject({ status: 200 });
  });
});
