/** The figures of a real marketing funnel, against totals that were computed from its files with no code of this project. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leadFunnel } from '../../projections/sales/lead-funnel.js';
import { salesKpis } from '../../projections/sales/sales-kpis.js';
import { mean, mergeDistributions, quantile, type Distribution } from '../../src/kernel/distribution.js';
import type { Document } from '../../src/kernel/projection.js';
import { WinOpportunity } from '../../src/sales/close-opportunity.js';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { DefinePipeline } from '../../src/sales/define-pipeline.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { OpenOpportunity } from '../../src/sales/opportunity.js';
import { QualifyLead } from '../../src/sales/qualify-lead.js';
import { Company } from '../support/domain/company.js';
import { project } from '../support/read-models/project.js';
import { REGISTERED_BY_ORIGIN, WON_BY_MONTH, WON_BY_ORIGIN } from '../support/domain/olist-totals.js';

const folder = join(import.meta.dirname, '../../../shared/data/olist');
type Row = Readonly<Record<string, string>>;
const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8'), { columns: true }) as readonly Row[];
const brl = (amount: number) => ({ amount, currency: 'BRL' });

let funnel: readonly Document[];
let kpis: readonly Document[];

/** One figure summed over the documents that agree in a column. */
function by(documents: readonly Document[], column: string, figure: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const document of documents) {
    const group = (document[column] as string | null) ?? '';
    sums[group] = (sums[group] ?? 0) + Number(document[figure]);
  }
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum > 0));
}

beforeAll(() => {
  const company = new Company();
  const stages = [{ name: 'Contact', probability: 10 }];
  company.act(
    '2017-01-01T00:00:00.000Z',
    DefinePipeline({
      id: 'sellers',
      name: 'Sellers',
      currency: 'BRL',
      stages,
      lossReasons: ['no reply'],
    }),
  );
  for (const { mql_id: id = '', first_contact_date: day, origin } of read('marketing_qualified_leads.csv')) {
    company.act(`${day}T00:00:00.000Z`, RegisterLead({ id, name: `Lead ${id.slice(0, 6)}`, ...(origin ? { origin } : {}) }));
  }
  for (const { mql_id: id = '', won_date: won = '', sr_id: owner, declared_monthly_revenue: revenue } of read('closed_deals.csv')) {
    const at = `${won.replace(' ', 'T')}.000Z`;
    const amount = brl(Math.round(Number(revenue) * 100));
    company.act(at, QualifyLead({ id, temperature: 'hot' }));
    company.act(at, ConvertLead({ id }));
    company.act(at, OpenOpportunity({ id, name: 'Shop', accountId: 'acme', pipelineId: 'sellers', amount, leadId: id, ownerId: owner }));
    company.act(at, WinOpportunity({ id }));
  }
  funnel = [...project(leadFunnel, company.events).values()];
  kpis = [...project(salesKpis, company.events).values()];
});

describe('8,000 leads of a real marketplace', () => {
  it('by origin, with those of no origin apart from those of unknown origin', () => {
    expect(by(funnel, 'origin', 'registered')).toEqual(REGISTERED_BY_ORIGIN);
    expect(by(funnel, 'origin', 'won')).toEqual(WON_BY_ORIGIN);
  });

  it('by the month of the win', () => {
    expect(by(kpis, 'month', 'won')).toEqual(WON_BY_MONTH);
  });

  it('by seller, and what they declared in all', () => {
    expect(Object.keys(by(kpis, 'ownerId', 'won'))).toHaveLength(22);
    expect(kpis.reduce((sum, { wonAmount }) => sum + ((wonAmount as { BRL?: number }).BRL ?? 0), 0)).toBe(61_784_006_00);
  });

  it('in the time that it took, the deal that was won before its first contact included', () => {
    const days = mergeDistributions(
      funnel.map(({ daysToWon }) => daysToWon as Distribution),
      1000,
    );
    expect(days.count).toBe(842);
    expect(mean(days)).toBeCloseTo(49.1, 2);
    expect(quantile(days, 0.5)).toBeCloseTo(14.72, 2);
    expect(quantile(days, 0)).toBeLessThan(0);
  });

  it('in the time that it took, to 1 % where the figures are merged without a limit', () => {
    const days = mergeDistributions(funnel.map(({ daysToWon }) => daysToWon as Distribution));
    expect(mean(days)).toBeCloseTo(49.1, 2);
    expect(Math.abs(quantile(days, 0.5)! - 14.72)).toBeLessThan(0.1472);
  });
});
