/** Leads, opportunities, pipelines, accounts and contacts as documents. */
import { describe, expect, it } from '@jest/globals';
import { accounts } from '../../projections/parties/accounts.js';
import { contacts } from '../../projections/parties/contacts.js';
import { leads } from '../../projections/sales/leads.js';
import { opportunities } from '../../projections/sales/opportunities.js';
import { pipelines } from '../../projections/sales/pipelines.js';
import { LeadRevised } from '../../contracts/sales/lead.js';
import { AssignAccount, RegisterAccount, ReviseAccount } from '../../src/parties/account.js';
import { RegisterContact, ReviseContact } from '../../src/parties/contact.js';
import { LoseOpportunity, ReopenOpportunity, WinOpportunity } from '../../src/sales/close-opportunity.js';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { DefinePipeline, RetirePipeline, RevisePipeline } from '../../src/sales/define-pipeline.js';
import { AssignLead, RegisterLead, ReviseLead } from '../../src/sales/lead.js';
import { AdvanceOpportunity, AssignOpportunity, OpenOpportunity, ReviseOpportunity } from '../../src/sales/opportunity.js';
import { DisqualifyLead, QualifyLead, ReopenLead } from '../../src/sales/qualify-lead.js';
import { Company } from '../support/domain/company.js';
import { recordedAs } from '../support/domain/given.js';
import { project } from '../support/read-models/project.js';

const day = (date: number) => `2018-02-${String(date).padStart(2, '0')}T10:00:00.000Z`;
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const stages = [
  { name: 'Contact', probability: 10, expectedDays: 7 },
  { name: 'Demo', probability: 50 },
];

describe('A lead', () => {
  const registered = () => {
    const company = new Company();
    company.act(day(1), RegisterLead({ id: 'l1', name: 'Ana Pop', phone: '0040-21 555 0100', origin: 'social', ownerId: 'sam' }));
    return company;
  };
  const shown = (company: Company) => project(leads, company.events).get('l1');

  it('shows what was registered, when, and at which revision it stands', () => {
    expect(shown(registered())).toMatchObject({
      id: 'l1',
      name: 'Ana Pop',
      company: null,
      status: 'open',
      ownerId: 'sam',
      origin: 'social',
      createdAt: day(1),
      updatedAt: day(1),
      revision: 0,
    });
  });

  it('shows the same digits for the same phone, however it is written', () => {
    const company = registered();
    expect(shown(company)).toMatchObject({ phone: '0040-21 555 0100', phoneDigits: '40215550100' });
    company.act(day(2), ReviseLead({ id: 'l1', phone: '+40 (21) 555.0100' }));
    expect(shown(company)).toMatchObject({ phone: '+40 (21) 555.0100', phoneDigits: '40215550100', updatedAt: day(2), revision: 1 });
    company.act(day(3), ReviseLead({ id: 'l1', phone: null }));
    expect(shown(company)).toMatchObject({ phone: null, phoneDigits: null });
  });

  it('shows its owner, and the judgement as long as it stands', () => {
    const company = registered();
    company.act(day(2), AssignLead({ id: 'l1', ownerId: 'maria' }));
    company.act(day(3), QualifyLead({ id: 'l1', temperature: 'hot', score: 90, budget: '10k' }));
    expect(shown(company)).toMatchObject({ ownerId: 'maria', status: 'qualified', temperature: 'hot', score: 90, budget: '10k' });
    company.act(day(4), ReopenLead({ id: 'l1' }));
    expect(shown(company)).toMatchObject({ status: 'open', temperature: null, score: null, budget: null });
    company.act(day(5), DisqualifyLead({ id: 'l1', reason: 'other', note: 'moved' }));
    expect(shown(company)).toMatchObject({ status: 'disqualified', disqualificationReason: 'other', disqualificationNote: 'moved' });
    company.act(day(6), ReopenLead({ id: 'l1' }));
    expect(shown(company)).toMatchObject({
      status: 'open',
      disqualificationReason: null,
      disqualificationNote: null,
      createdAt: day(1),
      revision: 5,
    });
  });

  it('shows what it became, and keeps the judgement', () => {
    const company = registered();
    company.act(day(2), QualifyLead({ id: 'l1', temperature: 'hot' }));
    company.act(day(3), ConvertLead({ id: 'l1', account: { existing: 'acme' }, contact: { existing: 'bob' }, ownerId: 'maria' }));
    expect(shown(company)).toMatchObject({
      status: 'converted',
      ownerId: 'maria',
      temperature: 'hot',
      accountId: 'acme',
      contactId: 'bob',
      opportunityId: null,
    });
  });

  it('is not begun by an event that is not its first', () => {
    const event = recordedAs(LeadRevised({ company: 'Pop' }), { type: 'lead', id: 'l1' }, 3, 1, day(1));
    expect(() => project(leads, [event])).toThrow(/lead l1.*LeadRevised/);
  });
});

describe('An opportunity', () => {
  const company = () => {
    const made = new Company();
    made.act(day(1), DefinePipeline({ id: 'shops', name: 'Shops', currency: 'EUR', stages, lossReasons: ['price'] }));
    made.act(
      day(2),
      OpenOpportunity({
        id: 'o1',
        name: 'First shop',
        accountId: 'acme',
        pipelineId: 'shops',
        amount: eur(999),
        ownerId: 'sam',
      }),
    );
    return made;
  };
  const shown = (made: Company) => project(opportunities, made.events).get('o1');

  it('shows where it stands and what it weighs', () => {
    const made = company();
    expect(shown(made)).toMatchObject({
      stageName: 'Contact',
      stageOrder: 0,
      probability: 10,
      amount: eur(999),
      weightedAmount: eur(100),
      enteredAt: day(2),
    });
    made.act(day(3), AdvanceOpportunity({ id: 'o1', stage: 'Demo' }));
    expect(shown(made)).toMatchObject({
      stageName: 'Demo',
      stageOrder: 1,
      probability: 50,
      weightedAmount: eur(500),
      enteredAt: day(3),
      movesBack: 0,
    });
    made.act(day(4), ReviseOpportunity({ id: 'o1', amount: eur(1000), expectedClose: '2018-06-30', note: 'hurry' }));
    expect(shown(made)).toMatchObject({ weightedAmount: eur(500), expectedClose: '2018-06-30', note: 'hurry', enteredAt: day(3) });
    made.act(day(5), AdvanceOpportunity({ id: 'o1', stage: 'Contact' }));
    made.act(day(6), AssignOpportunity({ id: 'o1', ownerId: 'maria' }));
    expect(shown(made)).toMatchObject({
      stageName: 'Contact',
      movesBack: 1,
      ownerId: 'maria',
      createdAt: day(2),
      updatedAt: day(6),
      revision: 4,
    });
  });

  it('shows its win, and nothing of it once it is reopened', () => {
    const made = company();
    made.act(day(3), WinOpportunity({ id: 'o1', amount: eur(800), note: 'at last' }));
    expect(shown(made)).toMatchObject({
      status: 'won',
      amount: eur(800),
      weightedAmount: eur(800),
      probability: 100,
      closedAt: day(3),
      wonOn: '2018-02-03',
      closingNote: 'at last',
    });
    made.act(day(4), ReopenOpportunity({ id: 'o1', stage: 'Demo' }));
    expect(shown(made)).toMatchObject({
      status: 'open',
      stageName: 'Demo',
      weightedAmount: eur(400),
      closedAt: null,
      wonOn: null,
      closingNote: null,
    });
  });

  it('shows why it was lost; it weighs nothing then', () => {
    const made = company();
    made.act(day(3), LoseOpportunity({ id: 'o1', reason: 'other', note: 'they closed' }));
    expect(shown(made)).toMatchObject({
      status: 'lost',
      lossReason: 'other',
      closingNote: 'they closed',
      probability: 0,
      weightedAmount: eur(0),
      closedAt: day(3),
    });
    made.act(day(4), ReopenOpportunity({ id: 'o1' }));
    expect(shown(made)).toMatchObject({ status: 'open', lossReason: null, probability: 10, weightedAmount: eur(100) });
  });

  it('shows the lead that it came from, and its origin', () => {
    const made = new Company();
    made.act(day(1), DefinePipeline({ id: 'shops', name: 'Shops', currency: 'EUR', stages, lossReasons: ['price'] }));
    made.act(day(1), RegisterLead({ id: 'l1', name: 'Ana', origin: 'social', campaignId: 'spring' }));
    made.act(day(2), QualifyLead({ id: 'l1', temperature: 'hot' }));
    made.act(day(3), ConvertLead({ id: 'l1' }));
    made.act(day(3), OpenOpportunity({ id: 'o1', name: 'Shop', accountId: 'acme', pipelineId: 'shops', amount: eur(1), leadId: 'l1' }));
    expect(shown(made)).toMatchObject({ leadId: 'l1', origin: 'social', campaignId: 'spring' });
  });
});

describe('A pipeline', () => {
  it('shows its newest definition, and whether it is retired', () => {
    const company = new Company();
    company.act(day(1), DefinePipeline({ id: 'shops', name: 'Shops', currency: 'EUR', stages, lossReasons: ['price'] }));
    company.act(day(2), RevisePipeline({ id: 'shops', name: 'Web shops' }));
    const normal = stages.map((stage) => ({ expectedDays: null, ...stage }));
    expect(project(pipelines, company.events).get('shops')).toMatchObject({
      name: 'Web shops',
      version: 2,
      status: 'active',
      currency: 'EUR',
      stages: normal,
      lossReasons: ['price'],
      ownerId: 'ana',
    });
    company.act(day(3), RetirePipeline({ id: 'shops' }));
    expect(project(pipelines, company.events).get('shops')).toMatchObject({ status: 'retired', version: 2 });
  });
});

describe('Accounts and contacts', () => {
  it('show what is known of them now', () => {
    const company = new Company();
    company.act(day(1), RegisterAccount({ id: 'acme', name: 'Acme', phone: '+40 21 555 0100', tags: ['pet'], ownerId: 'sam' }));
    company.act(day(2), ReviseAccount({ id: 'acme', phone: '021 555 0100', industry: 'pets' }));
    company.act(day(3), AssignAccount({ id: 'acme', ownerId: 'maria' }));
    company.act(day(1), RegisterContact({ id: 'bob', firstName: 'Bob', lastName: 'Rus', accountId: 'acme', phone: '+40 21 555 0100' }));
    company.act(day(2), ReviseContact({ id: 'bob', lastName: 'Rusu', phone: null }));
    expect(project(accounts, company.events).get('acme')).toMatchObject({
      name: 'Acme',
      industry: 'pets',
      status: 'prospect',
      phoneDigits: '215550100',
      tags: ['pet'],
      ownerId: 'maria',
      revision: 2,
    });
    expect(project(contacts, company.events).get('bob')).toMatchObject({
      name: 'Bob Rusu',
      accountId: 'acme',
      phoneDigits: null,
      revision: 1,
    });
  });
});
