/** `npm run bench -- --log URL`, as it is built: what it measures, what it leaves alone, what it says of a server that can't be used. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BareClient } from '../../bench/kurrent/bare.js';
import { mustBeRegistered, newLeads, registered } from '../../bench/kurrent/leads.js';
import { freshPlace, openToRead } from '../../bench/kurrent/place.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';

const AWAY = 'kurrentdb://ana:secret@127.0.0.1:1?tls=false';

let server: KurrentServer;
/** It is waited for, so it is begun before all else. */
let onAway: ReturnType<typeof bench>;
beforeAll(async () => {
  onAway = bench('--log', AWAY);
  server = await startKurrentServer();
});
afterAll(() => server.dispose());

function bench(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(DAYBOOK_|NODE_OPTIONS$)/.test(name)));
  return new Promise((done) => {
    const child = execFile(process.execPath, [resolve('dist/bench/main.js'), ...args], { env: environment }, (_, out, err) =>
      done({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

test('measures what it is asked for, beside the client by itself, and writes nothing', async () => {
  const results = readFileSync('bench/results.json', 'utf8');
  for (let time = 0; time < 2; time++) {
    const { code, out, err } = await bench('--log', server.url, '--only', 'kurrent_migrate', '--events', '1000');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^kurrent_migrate_ev_s +[\d,.]+ events\/s +\S+ to \S+ +[\d,.]+ \(\S+ to \S+\) +\d+\.\d\d +ratio >= 0.8: (ok|missed)$/m,
    );
    expect(out.match(/^kurrent_/gm)).toHaveLength(1);
  }
  expect(readFileSync('bench/results.json', 'utf8')).toBe(results);
});

test('what the client appends by itself, Daybook reads as its own', async () => {
  const [bare, place, lanes] = [new BareClient(server.url), freshPlace(server.url), newLeads(4, 5)];
  const log = await openToRead(place);
  try {
    const { latencies } = await bare.lanes(lanes.map((lane) => lane.map((lead) => registered(place, lead))));
    expect(latencies).toHaveLength(20);
    await mustBeRegistered(log, 0, lanes.flat());
    await expect(mustBeRegistered(log, 0, lanes.flat().slice(1))).rejects.toThrow(/how many leads/);
    await expect(mustBeRegistered(log, 0, newLeads(4, 5).flat())).rejects.toThrow(/what the log has of a lead/);
  } finally {
    await log.close();
    await bare.close();
  }
});

describe('with a server that can not be used', () => {
  test.each([
    ['no connection string', 'ana:secret@nowhere', 2, /^--log: The address of the event log is not a connection string/],
    ['an option that nobody knows', 'kurrentdb://ana:secret@127.0.0.1:1?tsl=false', 2, /^--log: .* option .* "tsl"\.$/],
    [
      'an option with a wrong value',
      'kurrentdb://ana:secret@127.0.0.1:1?tls=maybe',
      1,
      /127\.0\.0\.1:1 is not valid: check its options\.$/,
    ],
    ['a server that is away', AWAY, 1, /Check that the server is running/],
  ])('%s: says so once, without the password', async (_, url, expected, said) => {
    const { code, out, err } = await (url === AWAY ? onAway : bench('--log', url));
    expect(code).toBe(expected);
    expect(err.trimEnd()).toMatch(said);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(out + err).not.toContain('secret');
  });

  test('keys of a log on a server, and none named', async () => {
    const { code, err } = await bench('--only', 'kurrent_c64');
    expect({ code, err }).toEqual({ code: 2, err: '--only: kurrent_c64 takes a server, named by --log.\n' });
  });
});
