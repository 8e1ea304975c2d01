/** `daybook projections` with and without a running server, interrupted, killed, and with read models that were changed by hand. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdirSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedViewReader } from '../../src/views/embedded.js';
import type { BuildRecord } from '../../src/views/port/builds.js';
import { commandLine, type Answer } from '../support/processes/command-line.js';
import { daybook, daybookWith } from '../support/processes/daybook.js';
import { folderPerTest } from '../support/folder.js';
import { registerLead } from '../support/api/funnel.js';
import { fillWithLeads } from '../support/log/leads-log.js';
import { startServer } from '../support/processes/server.js';

const LEADS = 40;
/** Each lead is registered, assigned and qualified. */
const EVENTS = 3 * LEADS;

const folder = folderPerTest();
let data: string;
beforeEach(() => {
  data = `${folder.path}/data`;
});

const fill = (leads = LEADS, assignments = 1): Promise<readonly string[]> => fillWithLeads(`${data}/events.db`, { leads, assignments });

const projections = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  commandLine(folder, ['projections', ...args], environment);

/** A build in the output of `--json`. */
interface ShownBuild {
  readonly readModel: string;
  readonly number: number;
  readonly state: string;
  readonly position: number;
  readonly events: number;
  readonly behind: number;
  readonly projector: { readonly process: number } | null;
}

async function status(...names: readonly string[]): Promise<readonly ShownBuild[]> {
  const { out } = await projections(['status', ...names, '--json']);
  return (JSON.parse(out) as { readonly builds: readonly ShownBuild[] }).builds;
}

const states = async (name: string): Promise<readonly string[]> => (await status(name)).map(({ number, state }) => `${number} ${state}`);

/** The record of a build of leads, as soon as one passes. */
async function register(holds: (record: BuildRecord) => boolean): Promise<BuildRecord> {
  for (;;) {
    const reader = await openEmbeddedViewReader({ file: `${data}/views.db`, threads: 0 });
    try {
      const found = (await reader.builds()).find((record) => record.name === 'leads' && holds(record));
      if (found) return found;
    } finally {
      await reader.close();
    }
    await sleep(2);
  }
}

describe('without a server', () => {
  test('says that nothing was built, and creates no store', async () => {
    await fill(1);
    expect((await projections(['status'])).out).toContain('Nothing has been built yet');
    expect(readdirSync(data)).not.toContain('views.db');
    expect(await projections(['verify', 'leads'])).toMatchObject({ code: 5, err: expect.stringContaining('Not built yet: leads') });
  });

  test('rebuild makes a new build live, and rollback makes the previous one live again', async () => {
    await fill();
    const first = await projections(['rebuild', 'leads', 'leadFunnel']);
    expect(first.code).toBe(0);
    expect(first.err).toContain('leads@1#1; leadFunnel@1#1: built by this process, since no server runs a projector.\n');
    expect(first.err).toContain(`Build 2 read models: 100 %, ${EVENTS} of ${EVENTS}`);
    expect(first.out).toContain(`leads@1#1 is live; ${EVENTS} events in `);
    expect(await status()).toMatchObject([
      { readModel: 'leadFunnel', state: 'live', position: EVENTS, projector: null },
      { readModel: 'leads', state: 'live', position: EVENTS, behind: 0, events: EVENTS },
    ]);

    expect((await projections(['rebuild', 'leads'])).code).toBe(0);
    expect(await states('leads')).toEqual(['1 retired', '2 live']);
    const back = await projections(['rollback', 'leads']);
    expect(back.out).toMatch(/^leads@1#1 is live again\.\n\nbuild +state +position/);
    expect(await states('leads')).toEqual(['1 live', '2 retired']);
  });

  test('rebuild with --no-wait only requests the build, and the next rebuild continues it', async () => {
    await fill();
    await projections(['rebuild', 'leads']);
    expect((await projections(['rebuild', 'leads', '--no-wait'])).code).toBe(0);
    expect(await states('leads')).toEqual(['1 live', '2 building']);
    await projections(['rebuild', 'leads']);
    expect(await states('leads')).toEqual(['1 retired', '2 live']);
  });

  test('with cutOver manual, rebuild ends when the build is ready, and cutover makes it live', async () => {
    await fill();
    await projections(['rebuild', 'leads']);
    const manual = { DAYBOOK_CUT_OVER: 'manual' };
    const { code, out } = await projections(['rebuild', 'leads'], manual);
    expect(code).toBe(0);
    expect(out).toContain('leads@1#2 is ready: `daybook projections cutover leads` makes it the live one');
    expect(await states('leads')).toEqual(['1 live', '2 ready']);
    const cutOver = await projections(['cutover', 'leads', '--json'], manual);
    expect(cutOver.code).toBe(0);
    expect((JSON.parse(cutOver.out) as { readonly build: unknown }).build).toEqual({ name: 'leads', version: 1, number: 2 });
    expect(await states('leads')).toEqual(['1 retired', '2 live']);
  });

  test('rebuild does not cut over to a build with more dead letters than the live one, and says so', async () => {
    await fill(3);
    await projections(['rebuild', 'leads']);
    const log = new DatabaseSync(`${data}/events.db`);
    log.exec("UPDATE events SET shape = NULL, data = 'null' WHERE revision = 1 AND position = 4");
    log.close();
    const { code, out } = await projections(['rebuild', 'leads']);
    expect(code).toBe(5);
    expect(out).toMatch(/^leads@1#2 is ready: .*1 dead letter: .* It is not cut over automatically, because the live build has fewer\.$/m);
    expect(await states('leads')).toEqual(['1 live', '2 ready']);
    expect((await projections(['cutover', 'leads'])).out).toMatch(/^leads@1#2 is live now\./);
  });

  test('cutover and rollback say if the build is already live', async () => {
    await fill(1);
    await projections(['rebuild', 'leads']);
    for (const step of ['cutover', 'rollback']) {
      const { code, out } = await projections([step, 'leads', '--build', '1']);
      expect([code, out.split('\n')[0]]).toEqual([0, 'leads@1#1 is already live.']);
    }
  });

  test('drop removes a build that queries no longer read, and never the live one', async () => {
    await fill();
    await projections(['rebuild', 'leads']);
    await projections(['rebuild', 'leads']);
    expect(await projections(['drop', 'leads', '--build', '2'])).toMatchObject({
      code: 5,
      err: expect.stringContaining('leads@1#2 is live.'),
    });
    expect(await projections(['drop', 'leads', '--build', '1'])).toMatchObject({
      code: 5,
      err: expect.stringMatching(/Try again in \d+ s/),
    });
    await sleep(150);
    const soon = await projections(['drop', 'leads', '--build', '1'], { DAYBOOK_REQUEST_TIMEOUT_MS: '100' });
    expect(soon).toMatchObject({ code: 0, out: expect.stringContaining('leads@1#1 was dropped.') });
    expect(await states('leads')).toEqual(['2 live']);
  });

  test.each<[readonly string[], number, string]>([
    [['rebuild'], 2, 'give the names of read models, or --all'],
    [['rebuild', 'leads', '--all'], 2, 'give names or --all, not both'],
    [['drop', 'leads'], 2, "required option '--build <number>'"],
    [['rebuild', 'lead'], 1, 'There is no read model "lead"; there are accounts,'],
    [['status', 'lead'], 1, 'There is no read model "lead"'],
    [['cutover', 'leads'], 1, 'leads was never built. A server builds it when it starts; so does `daybook projections rebuild leads`.'],
    [['drop', 'leads', '--build', '7'], 1, 'leads has no build 7'],
  ])('%j gives exit code %i and a message', async (args, code, message) => {
    await fill(1);
    const answer = await projections(args);
    expect(answer).toMatchObject({ code, out: '' });
    expect(answer.err).toContain(message);
    expect(answer.err).not.toContain('Daybook failed');
  });

  test('refuses to build while an import locks the folder', async () => {
    await fill(1);
    const lock = new DatabaseSync(`${data}/server.lock`);
    lock.exec('BEGIN EXCLUSIVE');
    try {
      expect(await projections(['rebuild', 'leads'])).toMatchObject({ code: 1, err: expect.stringContaining('exclusively') });
      expect(await status()).toEqual([]);
    } finally {
      lock.close();
    }
  });
});

describe('a rebuild', () => {
  const slow = { DAYBOOK_PROJECTION_PAGE: '20' };

  test('continues from its checkpoint after it was killed', async () => {
    await fill(1_000, 4);
    await projections(['rebuild', 'leads']);
    const whole = await register(({ number }) => number === 1);

    const killed = daybookWith(slow, 'projections', 'rebuild', 'leads', '--data-dir', data);
    await register(({ number, position }) => number === 2 && position > 500);
    killed.kill('SIGKILL');
    expect((await killed.finished).code).toBeNull();
    const left = await register(({ number }) => number === 2);
    expect(left.state).toBe('building');
    expect(left.position).toBeLessThan(whole.position);

    const again = await daybook('projections', 'rebuild', 'leads', '--data-dir', data).finished;
    expect(again.code).toBe(0);
    const from = Number(/leads@1#2, continuing from position ([\d,]+):/.exec(again.err)?.[1]?.replaceAll(',', ''));
    expect(from).toBeGreaterThanOrEqual(left.position);
    const built = await register(({ number }) => number === 2);
    // The build processed every event once: some before the kill, the rest after it.
    expect(built).toMatchObject({ state: 'live', startedAt: left.startedAt, position: whole.position, events: whole.events });
    expect((await projections(['verify', 'leads'])).code).toBe(0);
  });

  test('stops on Ctrl-C, says how to continue, and can be continued', async () => {
    await fill(1_000, 4);
    const stopped = daybookWith(slow, 'projections', 'rebuild', 'leads', '--data-dir', data);
    await register(({ position }) => position > 500);
    stopped.kill('SIGINT');
    const { code, out } = await stopped.finished;
    expect({ code, out }).toEqual({
      code: 130,
      out: 'Stopped: the next server or the same command continues.\n',
    });
    const [left] = await status('leads');
    expect(left).toMatchObject({ number: 1, projector: null });
    expect(left?.behind).toBeGreaterThan(0);
    expect((await projections(['rebuild', 'leads'])).code).toBe(0);
  });
});

describe('with a running server', () => {
  test('rebuild leaves the work to it, and the read model keeps answering', async () => {
    await fill();
    const server = await startServer(data);
    await server.ready();
    await registerLead(server);
    const { code, err } = await daybook('projections', 'rebuild', '--all', '--data-dir', data).finished;
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`built by process ${server.pid} on `) });
    for (const { readModel, number, state, projector } of await status()) {
      expect({ readModel, state, projector }).toMatchObject({
        state: number === 2 ? 'live' : 'retired',
        projector: { process: server.pid },
      });
    }
    expect(await server.get('/health/ready')).toMatchObject({ status: 200 });
    await registerLead(server);
    expect(await daybook('projections', 'verify', '--all', '--data-dir', data).finished).toMatchObject({ code: 0 });
  });

  test('rebuild continues in its own process when the server is killed', async () => {
    await fill(1_000, 4);
    const server = await startServer(data, { DAYBOOK_PROJECTION_PAGE: '20' });
    await server.ready();
    const rebuilding = daybook('projections', 'rebuild', 'leads', '--data-dir', data);
    await register(({ number, position }) => number === 2 && position > 200);
    await server.stop('SIGKILL');
    expect((await rebuilding.finished).code).toBe(0);
    expect(await register(({ number, state }) => number === 2 && state === 'live')).toMatchObject({ position: 6_000 });
  });

  test('Ctrl-C ends the waiting, and the server continues', async () => {
    await fill(1_000, 4);
    const server = await startServer(data, { DAYBOOK_PROJECTION_PAGE: '20' });
    await server.ready();
    const waiting = daybook('projections', 'rebuild', 'leads', '--data-dir', data);
    await register(({ number, position }) => number === 2 && position > 200);
    waiting.kill('SIGINT');
    const { code, out } = await waiting.finished;
    expect({ code, out }).toEqual({ code: 130, out: expect.stringContaining(`Stopped waiting: process ${server.pid} on `) });
    await register(({ number, state }) => number === 2 && state === 'live');
  });

  test('rebuild with --no-wait returns immediately', async () => {
    await fill();
    const server = await startServer(data);
    await server.ready();
    const { code, out } = await daybook('projections', 'rebuild', 'leads', '--no-wait', '--data-dir', data).finished;
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(new RegExp(`^leads@1#2: left to process ${server.pid} on .*\\.\\n$`)),
    });
    await register(({ number, state }) => number === 2 && state === 'live');
  });
});

describe('daybook projections verify', () => {
  /** Changes the stored read models by hand. */
  function tamper(...statements: readonly string[]): void {
    const views = new DatabaseSync(`${data}/views.db`);
    try {
      for (const statement of statements) views.exec(statement);
    } finally {
      views.close();
    }
  }
  const verify = (...args: readonly string[]) => daybook('projections', 'verify', ...args, '--data-dir', data).finished;

  test('finds unexplained, missing and changed documents, and a damaged column', async () => {
    const [planted, deleted, changed, column] = await fill();
    await projections(['rebuild', '--all']);
    expect(await verify()).toMatchObject({
      code: 0,
      out: expect.stringContaining(`leads@1#1: ${LEADS} documents as of position ${EVENTS}, none differs\n`),
    });

    const table = '"leads@1#1"';
    tamper(
      `CREATE TEMP TABLE copy AS SELECT * FROM ${table} WHERE key = '${planted}'`,
      `UPDATE copy SET id = 999999, key = 'planted', document = json_set(document, '$.id', 'planted')`,
      `INSERT INTO ${table} SELECT * FROM copy`,
      `DELETE FROM ${table} WHERE key = '${deleted}'`,
      `UPDATE ${table} SET document = json_set(document, '$.ownerId', 'mallory') WHERE key = '${changed}'`,
      `UPDATE ${table} SET "c ownerId" = 'mallory' WHERE key = '${column}'`,
    );

    const { code, out } = await verify('leads', 'accounts', '--json');
    expect(code).toBe(4);
    const { verifications } = JSON.parse(out) as { readonly verifications: readonly { readonly differences: readonly object[] }[] };
    expect(verifications).toMatchObject([
      { readModel: 'leads', version: 1, number: 1, position: EVENTS, differing: 4 },
      { readModel: 'accounts', differing: 0, differences: [] },
    ]);
    const found = new Map(verifications[0]?.differences.map((difference) => [(difference as { readonly key: string }).key, difference]));
    expect(found.get('planted')).toMatchObject({ problem: 'unexplained', expected: null, actual: { id: 'planted', ownerId: 'bob' } });
    expect(found.get(deleted!)).toMatchObject({ problem: 'missing', expected: { id: deleted, ownerId: 'bob' }, actual: null });
    expect(found.get(changed!)).toMatchObject({ expected: { id: changed, ownerId: 'bob' }, actual: { id: changed, ownerId: 'mallory' } });
    expect(found.get(column!)).toMatchObject({ problem: 'damaged', expected: { ownerId: 'bob' }, actual: { ownerId: 'bob' } });
    expect(found.size).toBe(4);

    const told = await verify('leads');
    expect(told.code).toBe(4);
    expect(told.out).toContain(`leads@1#1: ${LEADS + 1} documents as of position ${EVENTS}, 4 differ\n`);
    expect(told.out).toMatch(/ {2}planted {2}unexplained: .*\n {4}expected {2}nothing\n {4}stored {4}\{"name":"Lead 0",.*"id":"planted"/);
    expect((await verify('leads', '--no-data')).out).not.toContain('bob');
  });

  test('finds a past version that was changed', async () => {
    const [id] = await fill();
    await projections(['rebuild', 'leads']);
    const past = '"leads@1#1 past documents"';
    tamper(
      `UPDATE ${past} SET text = json_set(text, '$.name', 'Nobody') WHERE id = (SELECT min(id) FROM ${past} WHERE text LIKE '%${id}%')`,
    );
    const { code, out } = await verify('leads', '--json');
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ verifications: [{ differing: 1, differences: [{ key: id, problem: 'history' }] }] });
  });

  test.each<[what: string, tampering: (id: string) => readonly string[], key: (id: string) => string]>([
    [
      'a document with a position beyond the log',
      () => [
        'CREATE TEMP TABLE copy AS SELECT * FROM "leads@1#1" LIMIT 1',
        "UPDATE copy SET id = 9999999, key = 'planted', since = 99999999",
        'INSERT INTO "leads@1#1" SELECT * FROM copy',
      ],
      () => 'planted',
    ],
    [
      'a past version of a document that never existed',
      () => [
        'CREATE TEMP TABLE copy AS SELECT * FROM "leads@1#1 past" LIMIT 1',
        "UPDATE copy SET id = 8888888, key = 'ghost', since = 5",
        'INSERT INTO "leads@1#1 past" SELECT * FROM copy',
      ],
      () => 'ghost',
    ],
    [
      'a past version under another key',
      (id) => [`UPDATE "leads@1#1 past" SET key = 'ghost' WHERE key = '${id}' AND since = 1`],
      (id) => id,
    ],
    [
      "a past version under another document's number",
      (id) => [`UPDATE "leads@1#1 past" SET id = 2 WHERE key = '${id}' AND since = 1`],
      (id) => id,
    ],
    [
      'a removed document that never existed, with the past of another one',
      (id) => [`INSERT INTO "leads@1#1 removed" (id, key, since) SELECT id, 'ghost', 5 FROM "leads@1#1" WHERE key = '${id}'`],
      () => 'ghost',
    ],
    [
      'a word that finds a document without it',
      (id) => [`INSERT INTO "leads@1#1 words" (word, id) SELECT 'zzzghost', id FROM "leads@1#1" WHERE key = '${id}'`],
      (id) => id,
    ],
    ['a word of no document', () => [`INSERT INTO "leads@1#1 words" (word, id) VALUES ('zzzghost', 7777777)`], () => '@row 7777777'],
  ])('finds %s, and a rebuild is the remedy', async (_, tampering, key) => {
    const [id = ''] = await fill(5);
    await projections(['rebuild', 'leads']);
    tamper(...tampering(id));
    const { code, out } = await projections(['verify', 'leads', '--json']);
    expect(code).toBe(4);
    const { verifications } = JSON.parse(out) as {
      readonly verifications: readonly { readonly differences: readonly { key: string }[] }[];
    };
    expect(verifications.flatMap(({ differences }) => differences.map((difference) => difference.key))).toContain(key(id));
    await projections(['rebuild', 'leads']);
    expect((await projections(['verify', 'leads'])).code).toBe(0);
  });

  test('compares builds without a projector at their position', async () => {
    await fill();
    await projections(['rebuild', 'leads', 'accounts']);
    await fill(5);
    const { code, out } = await projections(['verify', 'leads', 'accounts', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verifications: [{ position: EVENTS }, { position: EVENTS }] });
  });

  test('stops on Ctrl-C and leaves no files behind', async () => {
    await fill(1_000, 4);
    await projections(['rebuild', 'leads']);
    const temporary = `${folder.path}/tmp`;
    mkdirSync(temporary);
    const variables = { TMPDIR: temporary, DAYBOOK_PROJECTION_PAGE: '20' };
    const stopped = daybookWith(variables, 'projections', 'verify', 'leads', '--data-dir', data);
    while (readdirSync(temporary, { recursive: true }).length < 2) await sleep(2);
    stopped.kill('SIGINT');
    const { code, err } = await stopped.finished;
    expect({ code, err }).toEqual({ code: 130, err: expect.stringContaining('Stopped. The temporary build was removed') });
    expect(readdirSync(temporary)).toEqual([]);
  });
});
