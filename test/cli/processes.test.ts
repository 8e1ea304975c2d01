/** The command line in processes that are killed, interrupted or piped. */
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { domain } from '../../src/domain.js';
import { openSealed } from '../../src/engines.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { daybook } from '../support/processes/daybook.js';
import { folderPerTest } from '../support/folder.js';
import { writeFiles } from '../support/domain/import-files.js';

const folder = folderPerTest();

const LEADS = 3_000;

const MAPPING = `name: shop
sources:
  leads: { file: leads.csv, key: id }
records:
  - from: leads
    let: { lead: '=id("lead", leads.id)' }
    steps:
      - command: RegisterLead
        at: =instant(leads.since)
        input: { id: =lead, name: ="Lead " + leads.id, ownerId: ana }
      - command: QualifyLead
        at: =instant(leads.qualified)
        input: { id: =lead, temperature: warm }
`;

/** Leads a minute apart, each qualified ten minutes later, so that all steps have different times. */
function files(): string {
  const at = (minute: number): string => new Date(Date.UTC(2024, 0, 1) + minute * 60_000).toISOString();
  const rows = Array.from({ length: LEADS }, (_, index) => `${index},${at(index)},${at(index + 10.5)}`);
  return writeFiles(folder.path, { 'm.yaml': MAPPING, 'leads.csv': `id,since,qualified\n${rows.join('\n')}\n` });
}

async function eventsOf(data: string): Promise<readonly RecordedEvent[]> {
  const log = await openSealed({ dataDir: `${folder.path}/${data}` }, domain, { readOnly: true });
  try {
    return (await log.readAll(0, 100_000)).events;
  } finally {
    await log.close();
  }
}

/** Resolves when the log in a data folder holds this many events. */
async function holds(data: string, count: number): Promise<void> {
  for (;;) {
    try {
      if ((await eventsOf(data)).length >= count) return;
    } catch {
      // The file does not exist yet.
    }
    await sleep(5);
  }
}

describe('an import', () => {
  test.each([200, 2_500])('killed after %d events and repeated gives the same log as without the kill', async (count) => {
    const mapping = files();
    const killed = daybook('import', mapping, '--as-history', '--data-dir', `${folder.path}/killed`);
    await holds('killed', count);
    killed.kill('SIGKILL');
    expect((await killed.finished).code).toBeNull();
    const before = (await eventsOf('killed')).length;
    expect(before).toBeLessThan(2 * LEADS);

    const again = await daybook('import', mapping, '--as-history', '--data-dir', `${folder.path}/killed`, '--json').finished;
    const whole = await daybook('import', mapping, '--as-history', '--data-dir', `${folder.path}/whole`).finished;
    expect([again.code, whole.code]).toEqual([0, 0]);
    expect(JSON.parse(again.out)).toMatchObject({
      commands: { alreadyImported: before, run: 2 * LEADS - before },
      events: 2 * LEADS - before,
    });

    // Each log has keys of its own, so what is made with them differs.
    const told = (events: readonly RecordedEvent[]) =>
      events.map(({ id, type, version, stream, revision, position, data, sealed, metadata }) => ({
        ...{ id, type, version, stream, revision, position, data },
        sealed: sealed?.length,
        metadata: { ...metadata, importedAt: 'then', commandHash: 'keyed' },
      }));
    const events = await eventsOf('killed');
    expect(events).toHaveLength(2 * LEADS);
    expect(told(events)).toEqual(told(await eventsOf('whole')));
  });

  test('stops on Ctrl-C after the running commands, says how to continue, and continues', async () => {
    const mapping = files();
    const stopped = daybook('import', mapping, '--data-dir', `${folder.path}/data`);
    await holds('data', 100);
    stopped.kill('SIGINT');
    const { code, out } = await stopped.finished;
    expect(code).toBe(130);
    expect(out).toContain('Import shop, stopped before the end');
    expect(out).toContain('What was written is kept. Run the same command again to continue.');

    const rest = await daybook('import', mapping, '--data-dir', `${folder.path}/data`).finished;
    expect(rest.code).toBe(0);
    expect(await eventsOf('data')).toHaveLength(2 * LEADS);
  });
});

test('an output that can not be written gives an error message', () => {
  const full = openSync('/dev/full', 'w');
  try {
    const { status, stderr } = spawnSync(process.execPath, ['dist/src/cli/main.js', 'config'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^The output can't be written: [^\n]*no space left[^\n]*\n$/),
    });
  } finally {
    closeSync(full);
  }
});

test('an output that is not read to its end is not an error', async () => {
  const deaf = daybook('config');
  deaf.stopReading();
  const { code, err } = await deaf.finished;
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
