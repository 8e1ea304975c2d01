/** The lead funnel and the sales key figures: what they count, when they take it back, and that nothing is counted twice. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leadFunnel } from '../../projections/sales/lead-funnel.js';
import { leads } from '../../projections/sales/leads.js';
import { opportunities } from '../../projections/sales/opportunities.js';
import { salesKpis } from '../../projections/sales/sales-kpis.js';
import { daysBetween } from '../../src/kernel/calendar.js';
import { mean, quantile, type Distribution } from '../../src/kernel/distribution.js';
import { compoundKey, type Document, type Projection } from '../../src/kernel/projection.js';
import { LoseOpportunity, ReopenOpportunity, WinOpportunity } from '../../src/sales/close-opportunity.js';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { DefinePipeline } from '../../src/sales/define-pipeline.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { AssignOpportunity, OpenOpportunity, ReviseOpportunity } from '../../src/sales/opportunity.js';
import { DisqualifyLead, QualifyLead, ReopenLead } from '../../src/sales/qualify-lead.js';
import { Rejection } from '../../src/kernel/rejection.js';
import { Company } from '../support/domain/company.js';
import { project } from '../support/read-models/project.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

function selling(): Company {
  const company = new Company();
  const stages = [{ name: 'Contact', probability: 10 }];
  company.act(
    '2018-01-01T00:00:00.000Z',
    DefinePipeline({
      id: 'shops',
      name: 'Shops',
      currency: 'EUR',
      stages,
      lossReasons: ['price', 'no reply'],
    }),
  );
  return company;
}

/** Registers, qualifies and converts a lead, and opens the opportunity of its name. */
function pursued(company: Company, id: string, at: string, origin?: string, amount = 1000): void {
  company.act(at, RegisterLead({ id, name: 'Ana', ...(origin === undefined ? {} : { origin }) }));
  company.act(at, QualifyLead({ id, temperature: 'hot' }));
  company.act(at, ConvertLead({ id }));
  company.act(
    at,
    OpenOpportunity({
      id,
      name: 'Shop',
      accountId: 'acme',
      pipelineId: 'shops',
      amount: eur(amount),
      ownerId: 'sam',
      leadId: id,
    }),
  );
}

function computed(projection: Projection, name: string, document: Document | undefined): unknown {
  const spec = projection.model.computed.find((one) => one.name === name);
  return spec?.of(document as never);
}

describe('The lead funnel', () => {
  const funnel = (company: Company) => project(leadFunnel, company.events);
  const social = compoundKey('2018-01', 'social', null);

  it('counts leads by the month of their registration, wherever they are by then', () => {
    const company = selling();
    pursued(company, 'a', '2018-01-30T12:00:00.000Z', 'social');
    company.act('2018-02-01T00:00:00.000Z', WinOpportunity({ id: 'a' }));
    company.act('2018-01-31T23:59:59.999Z', RegisterLead({ id: 'b', name: 'Bob', origin: 'social' }));
    company.act('2018-02-01T00:00:00.000Z', RegisterLead({ id: 'c', name: 'Cleo', origin: 'social' }));
    const documents = funnel(company);
    expect([...documents.keys()]).toEqual([social, compoundKey('2018-02', 'social', null)]);
    expect(documents.get(social)).toMatchObject({
      registered: 2,
      qualified: 1,
      disqualified: 0,
      converted: 1,
      won: 1,
      wonAmount: { EUR: 1000 },
    });
    expect(documents.get(social)).toMatchObject({ daysToWon: { count: 1, sum: 1.5, values: [1.5] } });
    expect(computed(leadFunnel, 'winRate', documents.get(social))).toBe(0.5);
    expect(computed(leadFunnel, 'conversionRate', documents.get(social))).toBe(0.5);
  });

  it('keeps apart what came from nowhere, from "unknown", and from different campaigns', () => {
    const company = selling();
    const at = '2018-01-05T00:00:00.000Z';
    company.act(at, RegisterLead({ id: 'a', name: 'Ana' }));
    company.act(at, RegisterLead({ id: 'b', name: 'Bob', origin: 'unknown' }));
    company.act(at, RegisterLead({ id: 'c', name: 'Cleo', origin: 'unknown', campaignId: 'spring' }));
    expect([...funnel(company).values()].map(({ origin, campaignId, registered }) => [origin, campaignId, registered])).toEqual([
      [null, null, 1],
      ['unknown', null, 1],
      ['unknown', 'spring', 1],
    ]);
  });

  it('takes a judgement back when the lead is reopened', () => {
    const company = selling();
    const at = '2018-01-05T00:00:00.000Z';
    company.act(at, RegisterLead({ id: 'a', name: 'Ana', origin: 'social' }));
    company.act(at, QualifyLead({ id: 'a', temperature: 'hot' }));
    company.act(at, ReopenLead({ id: 'a' }));
    company.act(at, DisqualifyLead({ id: 'a', reason: 'no need' }));
    expect(funnel(company).get(social)).toMatchObject({ qualified: 0, disqualified: 1 });
    company.act(at, ReopenLead({ id: 'a' }));
    expect(funnel(company).get(social)).toMatchObject({ registered: 1, qualified: 0, disqualified: 0 });
  });

  it('takes a win back when the opportunity is reopened, and not a loss', () => {
    const company = selling();
    pursued(company, 'a', '2018-01-30T12:00:00.000Z', 'social');
    company.act('2018-02-01T00:00:00.000Z', WinOpportunity({ id: 'a', amount: eur(700) }));
    expect(funnel(company).get(social)).toMatchObject({ won: 1, wonAmount: { EUR: 700 } });
    company.act('2018-02-02T00:00:00.000Z', ReopenOpportunity({ id: 'a' }));
    expect(funnel(company).get(social)).toMatchObject({ won: 0, wonAmount: {}, daysToWon: { count: 0, sum: 0 } });
    company.act('2018-02-03T00:00:00.000Z', LoseOpportunity({ id: 'a', reason: 'price' }));
    company.act('2018-02-04T00:00:00.000Z', ReopenOpportunity({ id: 'a' }));
    expect(funnel(company).get(social)).toMatchObject({ won: 0, converted: 1 });
  });

  it('counts no win that came from no lead', () => {
    const company = selling();
    const input = { id: 'o', name: 'Shop', accountId: 'acme', pipelineId: 'shops', amount: eur(5) };
    company.act('2018-01-05T00:00:00.000Z', OpenOpportunity(input));
    company.act('2018-01-06T00:00:00.000Z', WinOpportunity({ id: 'o' }));
    expect(funnel(company).size).toBe(0);
  });

  it('takes a win from before the registration as it is: with days below zero', () => {
    const company = selling();
    pursued(company, 'a', '2018-01-30T00:00:00.000Z', 'social');
    company.act('2018-01-28T12:00:00.000Z', WinOpportunity({ id: 'a' }));
    expect(funnel(company).get(social)).toMatchObject({ won: 1, daysToWon: { count: 1, sum: -1.5 } });
  });
});

describe('The sales key figures', () => {
  const kpis = (company: Company) => project(salesKpis, company.events);
  const key = (month: string, owner: string) => compoundKey(month, owner, 'shops');

  it('count what happened in a month, for whoever owned it then', () => {
    const company = selling();
    pursued(company, 'a', '2018-01-30T12:00:00.000Z', 'social', 1000);
    company.act('2018-02-01T00:00:00.000Z', ReviseOpportunity({ id: 'a', amount: eur(900) }));
    company.act('2018-02-01T00:00:00.000Z', AssignOpportunity({ id: 'a', ownerId: 'maria' }));
    company.act('2018-02-02T12:00:00.000Z', WinOpportunity({ id: 'a', amount: eur(800) }));
    const documents = kpis(company);
    expect([...documents.keys()]).toEqual([key('2018-01', 'sam'), key('2018-02', 'maria')]);
    expect(documents.get(key('2018-01', 'sam'))).toMatchObject({ opened: 1, openedAmount: { EUR: 1000 }, won: 0, lost: 0, wonAmount: {} });
    expect(documents.get(key('2018-02', 'maria'))).toMatchObject({
      opened: 0,
      won: 1,
      wonAmount: { EUR: 800 },
      cycleDays: { count: 1, sum: 3 },
    });
  });

  it('tell why opportunities were lost, and the rate of wins', () => {
    const company = selling();
    for (const id of ['a', 'b', 'c', 'd']) pursued(company, id, '2018-01-30T12:00:00.000Z', 'social', 100);
    const at = '2018-02-01T00:00:00.000Z';
    company.act(at, LoseOpportunity({ id: 'a', reason: 'price' }));
    company.act(at, LoseOpportunity({ id: 'b', reason: 'no reply' }));
    company.act(at, LoseOpportunity({ id: 'c', reason: 'price' }));
    company.act(at, WinOpportunity({ id: 'd' }));
    const february = kpis(company).get(key('2018-02', 'sam'));
    expect(february).toMatchObject({
      won: 1,
      lost: 3,
      lostAmount: { EUR: 300 },
      lossReasons: [
        { reason: 'no reply', count: 1 },
        { reason: 'price', count: 2 },
      ],
    });
    expect(computed(salesKpis, 'winRate', february)).toBe(0.25);
    expect(computed(salesKpis, 'winRate', kpis(company).get(key('2018-01', 'sam')))).toBeNull();
  });

  it('take a win back in the month and for the owner where it was counted', () => {
    const company = selling();
    pursued(company, 'a', '2018-01-30T12:00:00.000Z', 'social');
    company.act('2018-02-02T12:00:00.000Z', WinOpportunity({ id: 'a', amount: eur(800) }));
    company.act('2018-04-01T00:00:00.000Z', ReopenOpportunity({ id: 'a' }));
    company.act('2018-04-01T00:00:00.000Z', AssignOpportunity({ id: 'a', ownerId: 'maria' }));
    company.act('2018-04-02T00:00:00.000Z', LoseOpportunity({ id: 'a', reason: 'price' }));
    const documents = kpis(company);
    expect(documents.get(key('2018-02', 'sam'))).toMatchObject({ won: 0, wonAmount: {}, cycleDays: { count: 0, sum: 0 } });
    expect(documents.get(key('2018-04', 'maria'))).toMatchObject({ lost: 1, lostAmount: { EUR: 800 } });
    expect(documents.get(key('2018-04', 'sam'))).toBeUndefined();
    company.act('2018-05-01T00:00:00.000Z', ReopenOpportunity({ id: 'a' }));
    expect(kpis(company).get(key('2018-04', 'maria'))).toMatchObject({ lost: 0, lostAmount: {}, lossReasons: [] });
  });
});

describe('Whatever happens in whatever order', () => {
  const ids = ['a', 'b', 'c'];
  const acts = fc.record({
    id: fc.constantFrom(...ids),
    hours: fc.integer({ min: 1, max: 900 }),
    kind: fc.constantFrom('qualify', 'disqualify', 'reopen lead', 'convert', 'open', 'win', 'lose', 'reopen', 'assign', 'revise'),
    amount: fc.integer({ min: 0, max: 5000 }),
  });

  function act(company: Company, at: string, { id, kind, amount }: { id: string; kind: string; amount: number }): void {
    const opportunity = { id: `o-${id}` };
    switch (kind) {
      case 'qualify':
        company.act(at, QualifyLead({ id, temperature: 'hot' }));
        break;
      case 'disqualify':
        company.act(at, DisqualifyLead({ id, reason: 'no need' }));
        break;
      case 'reopen lead':
        company.act(at, ReopenLead({ id }));
        break;
      case 'convert':
        company.act(at, ConvertLead({ id }));
        break;
      case 'open':
        if (company.events.some(({ stream }) => stream.id === opportunity.id)) return;
        company.act(
          at,
          OpenOpportunity({
            ...opportunity,
            name: 'Shop',
            accountId: 'acme',
            pipelineId: 'shops',
            amount: eur(amount),
            leadId: id,
          }),
        );
        break;
      default:
        if (!company.events.some(({ stream }) => stream.id === opportunity.id)) return;
        if (kind === 'win') company.act(at, WinOpportunity({ ...opportunity, amount: eur(amount) }));
        else if (kind === 'lose') company.act(at, LoseOpportunity({ ...opportunity, reason: 'price' }));
        else if (kind === 'reopen') company.act(at, ReopenOpportunity(opportunity));
        else if (kind === 'assign') company.act(at, AssignOpportunity({ ...opportunity, ownerId: `owner-${amount % 3}` }));
        else company.act(at, ReviseOpportunity({ ...opportunity, amount: eur(amount) }));
    }
  }

  const total = (documents: ReadonlyMap<string, Document>, name: string) =>
    [...documents.values()].reduce((sum, document) => sum + Number(document[name]), 0);
  const euros = (documents: ReadonlyMap<string, Document>, name: string) =>
    [...documents.values()].reduce((sum, document) => sum + ((document[name] as Record<string, number>)['EUR'] ?? 0), 0);

  it('figures add up to what the records show', () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 60 }), (sequence) => {
        const company = selling();
        let time = Date.parse('2018-01-01T00:00:00.000Z');
        for (const id of ids) company.act(new Date(time).toISOString(), RegisterLead({ id, name: 'Ana', origin: id }));
        for (const one of sequence) {
          time += one.hours * 3_600_000;
          try {
            act(company, new Date(time).toISOString(), one);
          } catch (refusal) {
            if (!(refusal instanceof Rejection)) throw refusal;
          }
        }
        const [people, deals] = [[...project(leads, company.events).values()], [...project(opportunities, company.events).values()]];
        const [funnel, kpis] = [project(leadFunnel, company.events), project(salesKpis, company.events)];
        const won = deals.filter(({ status }) => status === 'won');
        const lost = deals.filter(({ status }) => status === 'lost');
        const amountOf = (some: readonly Document[]) => some.reduce((sum, { amount }) => sum + (amount as { amount: number }).amount, 0);

        expect(total(funnel, 'qualified')).toBe(people.filter(({ status }) => status === 'qualified' || status === 'converted').length);
        expect(total(funnel, 'disqualified')).toBe(people.filter(({ status }) => status === 'disqualified').length);
        expect(total(funnel, 'converted')).toBe(people.filter(({ status }) => status === 'converted').length);
        for (const figures of [funnel, kpis]) {
          expect(total(figures, 'won')).toBe(won.length);
          expect(euros(figures, 'wonAmount')).toBe(amountOf(won));
        }
        expect(total(kpis, 'opened')).toBe(deals.length);
        expect(total(kpis, 'lost')).toBe(lost.length);
        expect(euros(kpis, 'lostAmount')).toBe(amountOf(lost));

        const days = [...funnel.values()].map(({ daysToWon }) => daysToWon as Distribution).filter(({ count }) => count > 0);
        const real = won.map(({ leadId, closedAt }) =>
          daysBetween(String(people.find(({ id }) => id === leadId)?.['createdAt']), String(closedAt)),
        );
        expect(days.map((one) => mean(one)).sort()).toEqual(real.sort());
        expect(days.map((one) => quantile(one, 0.5)).sort()).toEqual(real.sort());
      }),
      { numRuns: 40 },
    );
  });
});
