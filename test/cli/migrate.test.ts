/** `daybook migrate`: how logs are named, the output, and that it can be killed at any time. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import { openSealed } from '../../src/engines.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import type { EventLog } from '../../src/log/port.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { openKurrentLog } from '../../src/log/kurrent.js';
import { holdLock } from '../../src/sqlite/lock.js';
import { commandLine } from '../support/processes/command-line.js';
import { daybook } from '../support/processes/daybook.js';
import { folderPerTest } from '../support/folder.js';
import { importInto } from '../support/domain/import-files.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';
import { eventsOf, freshStream, noted, readToEnd } from '../support/log/log-events.js';
import { fill, wholeOf } from '../support/log/migrations.js';
import { foldPlainly } from '../support/read-models/project.js';

const folder = folderPerTest();
let server: KurrentServer;
beforeAll(async () => {
  server = await startKurrentServer();
});
afterAll(() => server.dispose());

const at = (name: string): string => `${folder.path}/${name}`;

async function inLog<T>(name: string, work: (log: EventLog) => Promise<T>): Promise<T> {
  const log = openEmbeddedLog({ file: `${at(name)}/events.db`, copying: true, synchronous: 'NORMAL' });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

const migrate = (...args: readonly string[]) => commandLine(folder, ['migrate', ...args]);

/** The printed numbers of events and hashes. */
function ends(out: string): readonly (readonly string[])[] {
  return [...out.matchAll(/^ {2}(source|target) {2}(\S+) events {2}([0-9a-f]{64}) {2}(.*)$/gm)].map(([, ...figures]) => figures);
}

describe('daybook migrate', () => {
  test('copies a data folder and shows the hash of both logs', async () => {
    await inLog('a', (log) => fill(log, 100));
    const { code, out, err } = await migrate('--from', at('a'), '--to', `${at('b')}/events.db`);
    expect(code).toBe(0);
    const [source, target] = ends(out);
    expect([source, target]).toEqual([
      ['source', '199', expect.any(String), at('a')],
      ['target', '199', source?.[2], at('b')],
    ]);
    expect(out).toMatch(/^Copied 199 events in .* s\.\n/);
    expect(out).toContain('The logs are identical.\nRead models and process managers start from the first event on the target');
    expect(err).toMatch(/^Copy: 100 %, 199 of 199, .*\/s\nVerify: 100 %, 199 of 199, .*\/s\n$/);
    expect(await inLog('b', wholeOf)).toEqual(await inLog('a', wholeOf));
    expect((await migrate('--from', at('a'), '--to', at('b'))).out).toMatch(/^Copied 0 events in .* s, 199 had been copied before\.\n/);
  });

  test('copies to EventStoreDB and back with the same hash, and shows no password', async () => {
    await inLog('a', (log) => fill(log, 60));
    const url = server.url.replace('://', '://ana:s%3Fcret@');
    const environment = { DAYBOOK_LOG_URL: url, DAYBOOK_LOG_PREFIX: 'moved.' };
    const there = await commandLine(folder, ['migrate', '--from', at('a')], environment);
    expect(there).toMatchObject({ code: 0 });
    const back = await commandLine(folder, ['migrate', '--from', url, '--to', at('b')], { DAYBOOK_LOG_PREFIX: 'moved.' });
    expect(back).toMatchObject({ code: 0 });
    const hashes = [...ends(there.out), ...ends(back.out)].map(([, count, hash]) => `${count} ${hash}`);
    expect(hashes).toEqual(Array<string | undefined>(4).fill(hashes[0]));
    expect(await inLog('b', wholeOf)).toEqual(await inLog('a', wholeOf));
    expect(there.out + there.err + back.out + back.err).not.toMatch(/ana:|cret/);
    expect(there.out).toContain(`  kurrentdb://127.0.0.1:${server.port}\n`);
  });

  test('gives exit code 1 when the target holds other events, and says which', async () => {
    await inLog('a', (log) => fill(log, 10));
    await inLog('b', (log) => log.append(freshStream(), 'none', [noted()]));
    const { code, out, err } = await migrate('--from', at('a'), '--to', at('b'));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^The target has other events than the source: event 1 is .* Nothing was written\./);
    expect(await inLog('b', wholeOf)).toHaveLength(1);
  });

  test.each([
    ['nothing', [], 'name a log with --from, --to or both'],
    ['a mistyped connection string', ['--from', 'kurentdb://ana:secret@host:2113'], 'a log is given as a data folder'],
    ['another kind of server', ['--to', 'mongodb://ana:secret@host/daybook'], 'a log is given as a data folder'],
    ['a scheme without its slashes', ['--to', 'esdb:ana:secret@host'], 'a log is given as a data folder'],
  ])('refuses %s as wrong usage, and shows no password', async (_, args, message) => {
    const { code, out, err } = await migrate(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).not.toContain('secret');
  });

  test('refuses a file that is not a log as wrong usage', async () => {
    writeFileSync(at('backup.db'), '');
    const { code, err } = await migrate('--from', at('backup.db'));
    expect(code).toBe(2);
    expect(err).toContain(`${at('backup.db')} is a file`);
  });

  test('shows no password of an invalid connection string or an unreachable server', async () => {
    await inLog('a', (log) => fill(log, 1));
    for (const url of ['kurrentdb://ana:secret@host:2113?tlz=no', 'esdb://ana:secret@127.0.0.1:1?tls=false&tlsCaFile=/secret']) {
      const { code, out, err } = await migrate('--from', at('a'), '--to', url);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/event log/);
      expect(err).not.toContain('secret');
    }
  });

  test('refuses a missing source, and creates no target', async () => {
    const { code, err } = await migrate('--from', at('a'), '--to', at('b'));
    expect(code).toBe(1);
    expect(err).toContain(`The event log ${at('a')}/events.db can't be opened`);
    expect(existsSync(at('b'))).toBe(false);
  });

  test('refuses a target that is the source', async () => {
    await inLog('a', (log) => fill(log, 1));
    const { code, err } = await migrate('--from', at('a'), '--to', `${at('a')}/../a/events.db`);
    expect({ code, err }).toEqual({ code: 1, err: 'The source and the target are the same log. Name another target.\n' });
  });

  test('refuses a target that another process uses', async () => {
    await inLog('a', (log) => fill(log, 1));
    const lock = holdLock(`${at('b')}/server.lock`, { shared: true });
    const { code, err } = await migrate('--from', at('a'), '--to', at('b'));
    lock.release();
    expect(code).toBe(1);
    expect(err).toMatch(/^Another Daybook uses the data folder/);
  });

  test('refuses a folder with read models of another log', async () => {
    await inLog('a', (log) => fill(log, 1));
    await mkdir(at('b'));
    writeFileSync(`${at('b')}/views.db`, '');
    const { code, err } = await migrate('--from', at('a'), '--to', at('b'));
    expect(code).toBe(1);
    expect(err).toBe(
      `The data folder ${at('b')} has no events, but contains views.db of another log. Delete it, or choose another folder.\n`,
    );
  });

  test('continues after each kill and ends with an identical log', async () => {
    await inLog('a', (log) => fill(log, 8_000));
    const all = await inLog('a', wholeOf);
    let held = 0;
    for (const share of [0.1, 0.4, 0.7]) {
      const process = daybook('migrate', '--from', at('a'), '--to', at('b'));
      await holds('b', Math.max(held + 1, share * all.length));
      process.kill('SIGKILL');
      expect((await process.finished).code).toBeNull();
      const there = await inLog('b', wholeOf);
      expect(there).toEqual(all.slice(0, there.length));
      expect(there.length).toBeGreaterThan(held);
      held = there.length;
    }
    const { code, out } = await daybook('migrate', '--from', at('a'), '--to', at('b')).finished;
    expect(code).toBe(0);
    expect(ends(out)[0]?.slice(1, 3)).toEqual(ends(out)[1]?.slice(1, 3));
    expect(await inLog('b', wholeOf)).toEqual(all);
  });

  test('continues after a kill on EventStoreDB too', async () => {
    await inLog('a', (log) => fill(log, 1_500));
    const all = await inLog('a', wholeOf);
    const to = openKurrentLog({ url: server.url, readOnly: true });
    const process = daybook('migrate', '--from', at('a'), '--to', server.url);
    await grows(await to);
    process.kill('SIGKILL');
    expect((await process.finished).code).toBeNull();
    const there = await wholeOf(await to);
    expect(there).toEqual(all.slice(0, there.length));
    expect(there.length).toBeLessThan(all.length);
    expect(await migrate('--from', at('a'), '--to', server.url)).toMatchObject({ code: 0 });
    expect(await wholeOf(await to)).toEqual(all);
    await (await to).close();
  });

  test('gives exit code 4 when another process has written to the target, and says where', async () => {
    await inLog('a', (log) => fill(log, 1_500));
    const log = await openKurrentLog({ url: server.url, prefix: 'disturbed.' });
    const migrating = commandLine(folder, ['migrate', '--from', at('a'), '--to', server.url], { DAYBOOK_LOG_PREFIX: 'disturbed.' });
    await grows(log);
    const stranger = noted();
    await log.append(freshStream(), 'none', [stranger]);
    await log.close();
    const { code, out } = await migrating;
    expect(code).toBe(4);
    const [source, target] = ends(out);
    expect(source?.[1]).toBe('3,000');
    expect(target?.[1]).toBe('3,001');
    expect(source?.[2]).not.toBe(target?.[2]);
    expect(out).toMatch(
      new RegExp(`The logs differ: event [\\d,]+ is Noted .* in the source and Noted ${stranger.id} .* in the target\\.`),
    );
  });

  test('stops on Ctrl-C, says how to continue, and continues', async () => {
    await inLog('a', (log) => fill(log, 8_000));
    const stopped = daybook('migrate', '--from', at('a'), '--to', at('b'));
    await holds('b', 1);
    stopped.kill('SIGINT');
    const { code, out } = await stopped.finished;
    expect(code).toBe(130);
    expect(out).toBe('Stopped. What was copied is kept. Run the same command again to continue.\n');
    expect((await migrate('--from', at('a'), '--to', at('b'))).code).toBe(0);
  });
});

describe('the migrated Olist import', () => {
  test('gives the same read models', async () => {
    await importInto(folder.path, resolve('examples/olist/mapping.yaml'), { from: resolve('../shared/data/olist'), asHistory: true });
    const url = `${server.url}&connectionName=olist`;
    const there = await commandLine(folder, ['migrate', '--from', at('data'), '--to', url], { DAYBOOK_LOG_PREFIX: 'olist.' });
    expect(there).toMatchObject({ code: 0 });

    const log = await openSealed({ dataDir: at('data') }, domain, { readOnly: true });
    const movedTo = { dataDir: at('moved'), logUrl: url, logPrefix: 'olist.', keysUrl: `${at('data')}-keys` };
    const movedLog = await openSealed(movedTo, domain, { readOnly: true });
    try {
      const [imported, moved] = [await everything(log), await everything(movedLog)];
      for (const projection of domain.projections) {
        const [before, after] = [imported, moved].map((events) => JSON.stringify([...foldPlainly(projection, events)]));
        // The import has documents in every read model but these: no rule refused a policy's command, and nobody was erased.
        if (!['policyRefusals', 'erasureReviews'].includes(projection.model.name)) expect(before).toContain(':');
        expect(after === before).toBe(true);
      }
    } finally {
      await movedLog.close();
      await log.close();
    }
  }, 180_000);
});

/** Resolves when the log holds an event. */
async function grows(log: EventLog): Promise<void> {
  while ((await log.head()) === 0) await sleep(5);
}

const everything = async (log: EventLog): Promise<readonly RecordedEvent[]> => eventsOf(await readToEnd(log, 2_000));

/** Resolves when the log in a data folder holds this many events. */
async function holds(name: string, count: number): Promise<void> {
  for (;;) {
    try {
      const log = openEmbeddedLog({ file: `${at(name)}/events.db`, readOnly: true });
      const head = await log.head();
      await log.close();
      if (head >= count) return;
    } catch {
      // The file does not exist yet.
    }
    await sleep(5);
  }
}
