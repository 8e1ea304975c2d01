/** The adapter for EventStoreDB and KurrentDB does what every log does: on the server for tests, like each version, and on a real one where `KURRENTDB_URL` names it. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { openKurrentLog } from '../../src/log/kurrent.js';
import type { EventLog } from '../../src/log/port.js';
import { logConformance, type LogUnderTest } from '../conformance/log.js';
import { startKurrentServer, type KurrentServer } from '../support/engines/kurrent.js';

/** A log of its own in a server that holds others: nobody else has its prefix. */
async function openFresh(url: string): Promise<LogUnderTest> {
  const prefix = `t${randomUUID().replaceAll('-', '')}.`;
  const opened: EventLog[] = [];
  const openAgain = async () => {
    const log = await openKurrentLog({ url, prefix });
    opened.push(log);
    return log;
  };
  return {
    log: await openAgain(),
    openAgain,
    async dispose() {
      await Promise.all(opened.map((log) => log.close()));
    },
  };
}

const differences = { idsSeen: 'stream', runs: 12 } as const;

describe.each(['23.10', '26.1'] as const)('like %s', (like) => {
  let server: KurrentServer;
  beforeAll(async () => {
    server = await startKurrentServer({ like });
  });
  afterAll(() => server.dispose());
  logConformance('The log on the server for tests', () => openFresh(server.url), differences);
});

const real = process.env['KURRENTDB_URL'];
if (real) logConformance('The log on the server of KURRENTDB_URL', () => openFresh(real), differences);
