/** What other programs have written to a server before a test begins: nothing of it is ours, though some of it is called as ours is. */
import { createHash } from 'node:crypto';
import { copyFileSync, constants, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Line, NewRecord } from './store.js';

/** Records of others in a file, 5 MB of them. */
const OTHERS = 20_000;

/** Streams with names of the shape that ours have, and with others, by what the records in them are. */
const WRITERS: readonly { readonly stream: (n: number) => string; readonly types: readonly string[] }[] = [
  { stream: (n) => `order-${uuid('order', n >> 3)}`, types: ['OrderPlaced', 'OrderPaid', 'OrderShipped'] },
  { stream: (n) => `invoice-2024-${1000 + (n >> 2)}`, types: ['InvoiceIssued', 'InvoicePaid'] },
  { stream: (n) => `Customer-${n >> 4}`, types: ['CustomerRegistered', 'customer.renamed'] },
  { stream: (n) => `lead-${5000 + (n >> 3)}`, types: ['Noted', 'LeadRegistered'] },
  { stream: (n) => `shop_7.order-${n >> 3}`, types: ['OrderPlaced'] },
  { stream: (n) => `telemetry.${n % 7}`, types: ['measured'] },
  { stream: (n) => `nightly_${n % 3}`, types: ['run-started', 'run-ended'] },
  { stream: (n) => `lager/ș/${n >> 5}`, types: ['Bestand geändert'] },
  { stream: () => '$stats-127.0.0.1:2113', types: ['$statsCollected'] },
];

/** Puts a file there that begins with what others have written. It is made once on a machine and copied from then on. */
export function beginWithOthers(path: string): void {
  const made = createHash('sha1')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 16);
  const cached = join(tmpdir(), `daybook-others-${made}.jsonl`);
  if (!existsSync(cached)) {
    const own = `${cached}.${process.pid}`;
    writeFileSync(own, lines().join(''));
    renameSync(own, cached);
  }
  copyFileSync(cached, path, constants.COPYFILE_FICLONE);
}

function lines(): readonly string[] {
  const revisions = new Map<string, number>();
  const made: string[] = [];
  for (let n = 0; n < OTHERS;) {
    // Some write one record at a time and some write many, so a page of the server's lies within one append or over several.
    const writer = WRITERS[(n * 7 + (n >> 5)) % WRITERS.length] as (typeof WRITERS)[number];
    const count = Math.min(n % 11 === 0 ? 40 : 1 + (n % 4), OTHERS - n);
    const stream = writer.stream(n);
    const revision = revisions.get(stream) ?? 0;
    revisions.set(stream, revision + count);
    const events = Array.from({ length: count }, (_, i) => recordOf(n + i, writer.types[(n + i) % writer.types.length] ?? ''));
    const line: Line = {
      created: Date.parse('2024-01-01T00:00:00Z') + n * 60_000,
      parts: [{ stream, revision: String(revision), events }],
    };
    made.push(`${JSON.stringify(line)}\n`);
    n += count;
  }
  return made;
}

function recordOf(n: number, type: string): NewRecord {
  const binary = n % 13 === 0;
  const data = binary
    ? Buffer.from(`\u0000\u0001${n}`)
    : Buffer.from(JSON.stringify({ number: n, note: 'x'.repeat(n % 97), lines: [{ sku: n % 31 }] }));
  // Neither is ours: it has no `schemaVersion`, or is no object at all.
  const metadata = [{ $correlationId: uuid('correlation', n), user: 'shop' }, null, 'text', ['list', n]][n % 4];
  return {
    id: uuid('record', n),
    type,
    contentType: binary ? 'application/octet-stream' : 'application/json',
    data: data.toString('base64'),
    metadata: n % 5 === 0 ? '' : Buffer.from(JSON.stringify(metadata)).toString('base64'),
  };
}

/** The same for the same, so that the file is the same whoever makes it. */
function uuid(kind: string, n: number): string {
  const hex = createHash('sha1').update(`${kind} ${n}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
