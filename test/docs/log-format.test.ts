/** The example of docs/log-format.md: made by Daybook on both engines, read by the page's own program, and compared with what the page shows. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { spawnSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import { eventId } from '../../src/kernel/derived-id.js';
import type { RecordedEvent } from '../../src/kernel/event.js';
import { acceptEvents } from '../../src/log/accepted-events.js';
import { openEmbeddedLog } from '../../src/log/embedded.js';
import { fromStored, toStored, type Stored } from '../../src/log/kurrent/record.js';
import type { EventToAppend } from '../../src/log/port.js';
import { canonical } from '../../src/migrate/chain.js';
import { codeBlocks } from '../support/docs-page.js';
import { writeFiles } from '../support/domain/import-files.js';
import { temporaryFolder } from '../support/folder.js';

const PAGE = 'docs/log-format.md';
const STREAM = { type: 'lead', id: '6f1c0d3e-5b1a-4c0e-9d57-0c8f7d1f0a11' };
const COMMAND = '0190a1b2-0000-4000-8000-000000000001';
const RECORDED_AT = '2026-03-01T12:00:00.250Z';

const bytes = (from: number, length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => from + index));
const [key, keyId, nonce] = [bytes(0, 32), bytes(0, 12).toString('base64url'), bytes(12, 12)];

const id = eventId(COMMAND, 0);
const additional = canonicalJson([1, id, STREAM.type, STREAM.id, 'LeadRegistered', 1, keyId]);

const event: EventToAppend = {
  id,
  type: 'LeadRegistered',
  version: 1,
  data: { origin: 'fair', budget: { amount: 120000, currency: 'EUR' }, campaignId: null },
  sealed: [{ k: keyId, v: sealed('{"name":"Ana Pop"}') }],
  metadata: {
    commandId: COMMAND,
    commandHash: '11'.repeat(32),
    actor: 'u-17',
    onBehalfOf: 'u-4',
    correlationId: COMMAND,
    causationId: eventId('0190a1b2-0000-4000-8000-000000000002', 0),
    occurredAt: '2026-03-01T11:59:58.000Z',
    importedAt: '2026-04-01T00:00:00.000Z',
    recordedAt: RECORDED_AT,
    acknowledged: ['DUPLICATE_EMAIL', 'LATE'],
  },
};

function sealed(plaintext: string): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(additional));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return new Uint8Array(Buffer.concat([Buffer.of(1), nonce, ciphertext, cipher.getAuthTag()]));
}

const folder = temporaryFolder();
const shown = (label: string): string | undefined => codeBlocks(PAGE).find(({ file }) => file === label)?.code;
let recorded: RecordedEvent;

beforeAll(async () => {
  const log = openEmbeddedLog({ file: folder.events, copying: true });
  await log.append(STREAM, 'none', [event]);
  recorded = (await log.readStream(STREAM))[0]!;
  await log.close();
});
afterAll(() => {
  folder.remove();
});

test('the additional data of the sealed part', () => {
  expect(`${additional}\n`).toBe(shown('additional-data'));
});

test('the rows of the SQLite file', () => {
  const database = new DatabaseSync(folder.events, { readOnly: true });
  const lines = ['texts', 'streams', 'events'].flatMap((table) =>
    (database.prepare(`SELECT * FROM ${table}`).all() as readonly Record<string, unknown>[]).map((row) =>
      [table, ...Object.entries(row).map(([column, value]) => `  ${column} = ${literal(value)}`)].join('\n'),
    ),
  );
  database.close();
  expect(`${lines.join('\n')}\n`).toBe(shown('rows'));
});

function literal(value: unknown): string {
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

test('the metadata in EventStoreDB, which is read back as the same event', () => {
  const [accepted] = acceptEvents([event], Date.now(), true);
  const stored = toStored(accepted!, Date.parse(RECORDED_AT));
  expect(`${JSON.stringify(stored.metadata, undefined, 2)}\n`).toBe(shown('metadata'));
  const back = { ...stored, isJson: true, streamId: `crm.lead-${STREAM.id}`, revision: 0n, position: { commit: 4711n } };
  expect(fromStored(back as unknown as Stored, 'crm.')).toEqual({ ...recorded, position: 4711 });
});

test('the canonical form', () => {
  expect(`${canonical(recorded)}\n`).toBe(shown('canonical'));
});

test('the program of the page reads the file by itself, and opens what is sealed', () => {
  writeFiles(folder.path, { 'read-log.mjs': (shown('read-log.mjs') ?? '').replace("'node:sqlite'", "'@photostructure/sqlite'") });
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder.path, 'node_modules'));
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder.path, 'read-log.mjs'), folder.events, keyId, key.toString('hex')], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toBe(shown('output'));
});
