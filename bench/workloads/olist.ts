/** The Olist funnel: imported by the command line, then served. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Book } from '../book.js';
import { mustEqual } from '../check.js';
import { inTurn } from '../measure.js';
import { runDaybook } from '../served/command-line.js';
import { startServer } from '../served/server.js';
import { fresh, type Setting } from '../setting.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const DATA = join(ROOT, '..', 'shared', 'data', 'olist');

/** The totals of the files, from ../shared/data/README.md. */
const LEADS = 8_000;
const DEALS = 842;

/** Each run is a process of its own. */
const cold = { warmUp: false };

export async function olist(setting: Setting, book: Book): Promise<void> {
  if (!existsSync(DATA)) {
    console.log('import_olist_s, import_olist_rss_mb and start_olist_ms are left out: ../shared/data/olist is not there.');
    return;
  }
  const dataDir = fresh(setting, 'olist');
  const { imports } = await inTurn(
    setting.runs,
    {
      imports: async () => {
        rmSync(dataDir, { recursive: true, force: true });
        return importOlist(setting, dataDir);
      },
    },
    cold,
  );
  book.note(
    'import_olist_s',
    imports.map(({ seconds }) => seconds),
  );
  book.note(
    'import_olist_rss_mb',
    imports.map(({ rssMb }) => rssMb),
  );

  // The first start builds the read models; the second one is measured.
  await (await startServer(dataDir)).stop();
  const { starts } = await inTurn(
    setting.runs,
    {
      starts: async () => {
        const server = await startServer(dataDir);
        await mustHold(server.port);
        await server.stop();
        return server.startMs;
      },
    },
    cold,
  );
  book.note('start_olist_ms', starts);
  rmSync(dataDir, { recursive: true });
}

/** @throws WrongResult when the import fails. */
async function importOlist(setting: Setting, dataDir: string): Promise<{ readonly seconds: number; readonly rssMb: number }> {
  const peak = fresh(setting, 'peak');
  const { seconds } = await runDaybook(
    ['import', join(ROOT, 'examples', 'olist', 'mapping.yaml'), '--from', DATA, '--data-dir', dataDir, '--json'],
    // 3: done, with rejects.
    { environment: { BENCH_PEAK_FILE: peak }, preload: new URL('../report-peak.js', import.meta.url), codes: [0, 3] },
  );
  return { seconds, rssMb: Number(readFileSync(peak, 'utf8')) / 1e6 };
}

async function mustHold(port: number): Promise<void> {
  const query = '{ leads(first: 1) { totalCount } opportunities(first: 1, where: { status: { eq: WON } }) { totalCount } }';
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  mustEqual('what the imported funnel holds', await response.json(), {
    data: { leads: { totalCount: LEADS }, opportunities: { totalCount: DEALS } },
  });
}
