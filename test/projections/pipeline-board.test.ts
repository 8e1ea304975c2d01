import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { opportunities } from '../../projections/sales/opportunities.js';
import { pipelineBoard } from '../../projections/sales/pipeline-board.js';
import { OpportunityOpened } from '../../contracts/sales/opportunity.js';
import { compoundKey } from '../../src/kernel/projection.js';
import { Rejection } from '../../src/kernel/rejection.js';
import { LoseOpportunity, ReopenOpportunity, WinOpportunity } from '../../src/sales/close-opportunity.js';
import { DefinePipeline, RetirePipeline, RevisePipeline } from '../../src/sales/define-pipeline.js';
import { AdvanceOpportunity, AssignOpportunity, OpenOpportunity, ReviseOpportunity } from '../../src/sales/opportunity.js';
import { Company } from '../support/domain/company.js';
import { recordedAs } from '../support/domain/given.js';
import { project } from '../support/read-models/project.js';

const day = (date: number) => `2018-02-${String(date).padStart(2, '0')}T10:00:00.000Z`;
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const stages = [
  { name: 'Contact', probability: 10, expectedDays: 7 },
  { name: 'Demo', probability: 33 },
];

function defined(): Company {
  const company = new Company();
  company.act(day(1), DefinePipeline({ id: 'shops', name: 'Shops', currency: 'EUR', stages, lossReasons: ['price'] }));
  return company;
}

function open(company: Company, id: string, date: number, amount: number): void {
  company.act(day(date), OpenOpportunity({ id, name: 'Shop', accountId: 'acme', pipelineId: 'shops', amount: eur(amount) }));
}

const stage = (company: Company, name: string, version = 1) =>
  project(pipelineBoard, company.events).get(compoundKey('shops', String(version), name));

describe('The pipeline board', () => {
  it('shows every stage of a pipeline, empty ones too', () => {
    const board = project(pipelineBoard, defined().events);
    expect([...board.values()]).toMatchObject([
      {
        pipelineId: 'shops',
        pipelineName: 'Shops',
        version: 1,
        current: true,
        stageName: 'Contact',
        order: 0,
        probability: 10,
        expectedDays: 7,
      },
      {
        stageName: 'Demo',
        order: 1,
        probability: 33,
        expectedDays: null,
        opportunities: 0,
        amount: eur(0),
        weightedAmount: eur(0),
        oldest: null,
      },
    ]);
  });

  it('shows how many stand in a stage, their amounts, and since when the oldest does', () => {
    const company = defined();
    open(company, 'a', 2, 105);
    open(company, 'b', 3, 104);
    open(company, 'c', 3, 100);
    expect(stage(company, 'Contact')).toMatchObject({
      opportunities: 3,
      amount: eur(309),
      weightedAmount: eur(11 + 10 + 10),
      oldest: '2018-02-02',
    });
    company.act(day(4), AdvanceOpportunity({ id: 'a', stage: 'Demo' }));
    expect(stage(company, 'Contact')).toMatchObject({
      opportunities: 2,
      amount: eur(204),
      weightedAmount: eur(20),
      oldest: '2018-02-03',
      arrivals: [{ day: '2018-02-03', count: 2 }],
    });
    expect(stage(company, 'Demo')).toMatchObject({ opportunities: 1, amount: eur(105), weightedAmount: eur(35), oldest: '2018-02-04' });
  });

  it('follows revised amounts, and leaves the rest as it is', () => {
    const company = defined();
    open(company, 'a', 2, 105);
    company.act(day(5), ReviseOpportunity({ id: 'a', amount: eur(205), note: 'more' }));
    company.act(day(6), ReviseOpportunity({ id: 'a', note: 'even more' }));
    company.act(day(7), AssignOpportunity({ id: 'a', ownerId: 'maria' }));
    expect(stage(company, 'Contact')).toMatchObject({ opportunities: 1, amount: eur(205), weightedAmount: eur(21), oldest: '2018-02-02' });
  });

  it('is left by what is won or lost, and entered again by what is reopened, with what was agreed', () => {
    const company = defined();
    open(company, 'a', 2, 100);
    open(company, 'b', 2, 100);
    company.act(day(3), WinOpportunity({ id: 'a', amount: eur(80) }));
    company.act(day(3), LoseOpportunity({ id: 'b', reason: 'price' }));
    expect(stage(company, 'Contact')).toMatchObject({
      opportunities: 0,
      amount: eur(0),
      weightedAmount: eur(0),
      oldest: null,
      arrivals: [],
    });
    company.act(day(8), ReopenOpportunity({ id: 'a' }));
    company.act(day(9), ReopenOpportunity({ id: 'b', stage: 'Demo' }));
    expect(stage(company, 'Contact')).toMatchObject({ opportunities: 1, amount: eur(80), weightedAmount: eur(8), oldest: '2018-02-08' });
    expect(stage(company, 'Demo')).toMatchObject({ opportunities: 1, amount: eur(100), oldest: '2018-02-09' });
  });

  it('keeps an older version as long as something stands in it, and says that it is not the current one', () => {
    const company = defined();
    open(company, 'a', 2, 100);
    company.act(
      day(3),
      RevisePipeline({
        id: 'shops',
        name: 'Web shops',
        stages: [{ name: 'Contact', probability: 20 }],
        moves: [{ from: 'Demo', to: 'Contact' }],
      }),
    );
    open(company, 'b', 4, 100);
    expect(stage(company, 'Contact', 1)).toMatchObject({
      current: false,
      opportunities: 1,
      weightedAmount: eur(10),
      pipelineName: 'Shops',
    });
    expect(stage(company, 'Demo', 1)).toMatchObject({ current: false, opportunities: 0 });
    expect(stage(company, 'Contact', 2)).toMatchObject({
      current: true,
      opportunities: 1,
      weightedAmount: eur(20),
      pipelineName: 'Web shops',
    });
    company.act(day(5), AdvanceOpportunity({ id: 'a', stage: 'Contact' }));
    expect(stage(company, 'Contact', 1)).toMatchObject({ opportunities: 0 });
    expect(stage(company, 'Contact', 2)).toMatchObject({ opportunities: 2, oldest: '2018-02-04' });
  });

  it('shows that nothing new comes to a retired pipeline', () => {
    const company = defined();
    open(company, 'a', 2, 100);
    company.act(day(3), RetirePipeline({ id: 'shops' }));
    expect(stage(company, 'Contact')).toMatchObject({ current: false, opportunities: 1 });
  });

  it('does not take what stands in a stage that no definition told of', () => {
    const opened = OpportunityOpened({
      name: 'Shop',
      accountId: 'acme',
      contactId: null,
      pipelineId: 'shops',
      pipelineVersion: 7,
      stage: { name: 'Contact', probability: 10, order: 0 },
      amount: eur(1),
      expectedClose: null,
      campaignId: null,
      note: null,
      ownerId: 'sam',
      lead: null,
    });
    const event = recordedAs(opened, { type: 'opportunity', id: 'o' }, 0, 1, day(1));
    expect(() => project(pipelineBoard, [event])).toThrow(/shops.*version 7/);
  });

  it('agrees with the open opportunities, whatever happened to them', () => {
    const acts = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      kind: fc.constantFrom('advance', 'back', 'win', 'lose', 'reopen', 'revise', 'pipeline'),
      amount: fc.integer({ min: 0, max: 999 }),
    });
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 40 }), (sequence) => {
        const company = defined();
        for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) open(company, id, 1 + index, 100 + index);
        for (const [index, { id, kind, amount }] of sequence.entries()) {
          const at = new Date(Date.UTC(2018, 2, 1 + index)).toISOString();
          try {
            if (kind === 'advance') company.act(at, AdvanceOpportunity({ id, stage: 'Demo' }));
            else if (kind === 'back') company.act(at, AdvanceOpportunity({ id, stage: 'Contact' }));
            else if (kind === 'win') company.act(at, WinOpportunity({ id, amount: eur(amount) }));
            else if (kind === 'lose') company.act(at, LoseOpportunity({ id, reason: 'price' }));
            else if (kind === 'reopen') company.act(at, ReopenOpportunity({ id }));
            else if (kind === 'revise') company.act(at, ReviseOpportunity({ id, amount: eur(amount) }));
            else {
              company.act(at, RevisePipeline({ id: 'shops', stages: stages.map((one) => ({ ...one, probability: 1 + (amount % 99) })) }));
            }
          } catch (refusal) {
            if (!(refusal instanceof Rejection)) throw refusal;
          }
        }
        const standing = [...project(opportunities, company.events).values()].filter(({ status }) => status === 'open');
        for (const cell of project(pipelineBoard, company.events).values()) {
          const here = standing.filter((one) => one['pipelineVersion'] === cell['version'] && one['stageName'] === cell['stageName']);
          const sum = (name: string) => here.reduce((all, one) => all + (one[name] as { amount: number }).amount, 0);
          const days = here.map((one) => String(one['enteredAt']).slice(0, 10)).sort();
          expect(cell).toMatchObject({
            opportunities: here.length,
            amount: eur(sum('amount')),
            weightedAmount: eur(sum('weightedAmount')),
            oldest: days[0] ?? null,
          });
        }
      }),
      { numRuns: 40 },
    );
  });
});
