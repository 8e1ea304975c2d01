/** The command line as processes: killed, interrupted, piped. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '../../src/engines.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { daybook, killDaybooks } from '../support/processes/daybook.js';
import { temporaryFolder, type Folder } from '../support/folder.js';
import { writeFiles } from '../support/domain/import-files.js';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  killDaybooks();
  folder.remove();
});

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
        input: { id: =lead, name: ="Lead " + leads.id, owner: ana }
      - command: QualifyLead
        at: =instant(leads.qualified)
        input: { id: =lead, temperature: warm }
`;

/** Leads a minute apart, each qualified ten minutes later: every step has a moment of its own. */
function files(): string {
  const at = (minute: number): string => new Date(Date.UTC(2024, 0, 1) + minute * 60_000).toISOString();
  const rows = Array.from({ length: LEADS }, (_, index) => `${index},${at(index)},${at(index + 10.5)}`);
  return writeFiles(folder.path, { 'm.yaml': MAPPING, 'leads.csv': `id,since,qualified\n${rows.join('\n')}\n` });
}

async function eventsOf(data: string): Promise<readonly RecordedEvent[]> {
  const log = await openLog({ dataDir: `${folder.path}/${data}` }, { readOnly: true });
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
      // The file is not there yet.
    }
    await sleep(5);
  }
}

describe('an import', () => {
  test.each([200, 2_500])('killed after %d events and run again ends as one that was never killed', async (count) => {
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
      commands: { alreadyThere: before, run: 2 * LEADS - before },
      events: 2 * LEADS - before,
    });

    const told = (events: readonly RecordedEvent[]) =>
      events.map(({ metadata, ...event }) => ({ ...event, metadata: { ...metadata, importedAt: 'then' } }));
    const events = await eventsOf('killed');
    expect(events).toHaveLength(2 * LEADS);
    expect(told(events)).toEqual(told(await eventsOf('whole')));
  });

  test('stops at Ctrl-C after the commands that run, says how to go on, and goes on', async () => {
    const mapping = files();
    const stopped = daybook('import', mapping, '--data-dir', `${folder.path}/data`);
    await holds('data', 100);
    stopped.kill('SIGINT');
    const { code, out } = await stopped.finished;
    expect(code).toBe(130);
    expect(out).toContain('Import shop, stopped before the end');
    expect(out).toContain('What is written stays. Run the same command again to go on.');

    const rest = await daybook('import', mapping, '--data-dir', `${folder.path}/data`).finished;
    expect(rest.code).toBe(0);
    expect(await eventsOf('data')).toHaveLength(2 * LEADS);
  });
});

test('an output that can not be written is told in a sentence', () => {
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

test('an output that nobody reads to its end is no failure', async () => {
  const deaf = daybook('config');
  deaf.stopReading();
  const { code, err } = await deaf.finished;
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
