/** Generated files for examples/olist/mapping.yaml, and the expected results of their import. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { derivedId } from '../../src/kernel/derived-id.js';

/** Leads per day, as at Olist. Their times have no hours, so the leads of a day may be registered concurrently. */
const LEADS_A_DAY = 23;
const LEADS_TO_A_DEAL = 10;
const BEGINS = Date.UTC(2017, 5, 14);
const DAY = 86_400_000;
const FIRST_TO_WON = 15 * DAY;

const ORIGINS = ['organic_search', 'paid_search', 'social', 'unknown', 'direct_traffic', 'email'];
const SEGMENTS = ['pet', 'car_accessories', 'home_decor', 'health_beauty', 'household_utilities', 'audio_video_electronics'];

/** The number of commands: one to register a lead; for a deal also to qualify, convert, move twice and win. The pipeline is defined once. */
export function commandsOf(leads: number): number {
  return 1 + leads + 5 * Math.ceil(leads / LEADS_TO_A_DEAL);
}

export function writeFunnel(folder: string, leads: number): void {
  mkdirSync(folder, { recursive: true });
  const hex = (...parts: readonly string[]) => derivedId('bench', ...parts).replaceAll('-', '');
  const first = (index: number) => BEGINS + Math.floor(index / LEADS_A_DAY) * DAY;
  const all = Array.from({ length: leads }, (_, index) => ({ index, id: hex('mql', String(index)) }));
  write(folder, 'marketing_qualified_leads.csv', ['mql_id,first_contact_date,landing_page_id,origin'], all, ({ index, id }) => [
    id,
    new Date(first(index)).toISOString().slice(0, 10),
    hex('page', String(index % 400)),
    ORIGINS[index % ORIGINS.length] ?? '',
  ]);
  const deals = all.filter(({ index }) => index % LEADS_TO_A_DEAL === 0);
  write(
    folder,
    'closed_deals.csv',
    [
      'mql_id,seller_id,sdr_id,sr_id,won_date,business_segment,lead_type,lead_behaviour_profile,has_company,has_gtin,average_stock,' +
        'business_type,declared_product_catalog_size,declared_monthly_revenue',
    ],
    deals,
    ({ index, id }) => [
      id,
      hex('seller', id),
      hex('sdr', String(index % 32)),
      hex('sr', String(index % 22)),
      // No two at the same time.
      new Date(first(index) + FIRST_TO_WON + index * 1_000).toISOString().slice(0, 19).replace('T', ' '),
      SEGMENTS[index % SEGMENTS.length] ?? '',
      'online_medium',
      'cat',
      'True',
      '',
      '',
      'reseller',
      '',
      `${index * 100}.0`,
    ],
  );
}

function write<Row>(
  folder: string,
  file: string,
  head: readonly string[],
  rows: readonly Row[],
  cells: (row: Row) => readonly string[],
): void {
  writeFileSync(join(folder, file), `${[...head, ...rows.map((row) => cells(row).join(','))].join('\n')}\n`);
}
