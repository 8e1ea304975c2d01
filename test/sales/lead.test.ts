import { describe, it } from '@jest/globals';
import {
  LeadAssigned,
  LeadConverted,
  LeadDisqualified,
  LeadQualified,
  LeadRegistered,
  LeadReopened,
  LeadRevised,
} from '../../contracts/sales/lead.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import { AssignLead, lead, RegisterLead, ReviseLead } from '../../src/sales/lead.js';
import { DisqualifyLead, QualifyLead, ReopenLead } from '../../src/sales/qualify-lead.js';
import { given, ID } from '../support/domain/given.js';

const registered = LeadRegistered({
  name: 'Ana Pop',
  company: 'Pop & Fiii',
  email: 'ana@example.com',
  phone: '+40 21 555 0100',
  origin: 'social',
  campaignId: 'spring',
  interest: null,
  ownerId: 'sam',
});
const source = { registeredAt: '2018-02-01T09:00:00.000Z', origin: 'social', campaignId: 'spring' };
const qualified = LeadQualified({ temperature: 'hot', score: 80, budget: null, authority: null, need: null, timing: null, source });
const disqualified = LeadDisqualified({ reason: 'no budget', note: null, source });
const converted = LeadConverted({
  account: {
    id: derivedId(ID, 'account'),
    existing: false,
    name: 'Pop & Fiii',
    kind: 'company',
    industry: null,
    size: null,
    segment: null,
    website: null,
    tags: [],
  },
  contact: null,
  opportunity: null,
  ownerId: 'sam',
  source,
});

describe('Registering a lead', () => {
  it('needs a name and nothing else; whoever asks owns it', () => {
    given(lead, [])
      .when(RegisterLead, { name: ' Ana Pop ' }, { actor: 'maria' })
      .then([
        LeadRegistered({
          name: 'Ana Pop',
          company: null,
          email: null,
          phone: null,
          origin: null,
          campaignId: null,
          interest: null,
          ownerId: 'maria',
        }),
      ]);
  });

  it('keeps everything that is told', () => {
    given(lead, [])
      .when(RegisterLead, {
        name: 'Ana Pop',
        company: 'Pop & Fiii',
        email: 'ana@example.com',
        phone: '+40 21 555 0100',
        origin: 'social',
        campaignId: 'spring',
        ownerId: 'sam',
      })
      .then([registered]);
  });

  it.each([
    ['email', { email: 'ana@example' }],
    ['email', { email: 'ana example.com' }],
    ['phone', { phone: '123' }],
    ['phone', { phone: 'call me' }],
    ['name', { name: '   ' }],
    ['campaignId', { campaignId: 'two words' }],
    ['ownerId', { ownerId: '' }],
  ])('refuses what can not be: %s of %j', (field, input) => {
    given(lead, [])
      .whenGiven(RegisterLead, { name: 'Ana Pop', ...input })
      .thenInvalid(field);
  });
});

describe('Revising a lead', () => {
  it('tells only what changes', () => {
    given(lead, [registered])
      .when(ReviseLead, { name: 'Ana Pop', email: 'pop@example.com' })
      .then([LeadRevised({ email: 'pop@example.com' })]);
  });

  it('clears with null what may be unknown', () => {
    given(lead, [registered])
      .when(ReviseLead, { company: null, phone: null })
      .then([LeadRevised({ company: null, phone: null })]);
  });

  it('does nothing when nothing changes', () => {
    given(lead, [registered]).when(ReviseLead, { name: 'Ana Pop', interest: null }).then([]);
    given(lead, [registered, LeadRevised({ interest: 'a shop' })])
      .when(ReviseLead, { interest: 'a shop' })
      .then([]);
  });

  it('leaves origin and campaign as they were', () => {
    given(lead, [registered]).whenGiven(ReviseLead, { origin: 'email' }).thenInvalid('origin');
  });

  it('refuses to clear the name', () => {
    given(lead, [registered]).whenGiven(ReviseLead, { name: null }).thenInvalid('name');
  });

  it('leaves a converted lead as it was', () => {
    given(lead, [registered, qualified, converted]).when(ReviseLead, { name: 'Ana' }).thenRejected('LEAD_CONVERTED');
  });
});

describe('Assigning a lead', () => {
  it('tells from whom to whom', () => {
    given(lead, [registered])
      .when(AssignLead, { ownerId: 'maria' })
      .then([LeadAssigned({ ownerId: 'maria', fromId: 'sam' })]);
  });

  it('does nothing for the owner that it has', () => {
    given(lead, [registered]).when(AssignLead, { ownerId: 'sam' }).then([]);
  });

  it('is over once the lead is converted', () => {
    given(lead, [registered, qualified, converted]).when(AssignLead, { ownerId: 'maria' }).thenRejected('LEAD_CONVERTED');
  });
});

describe('Qualifying a lead', () => {
  it('keeps the judgement, and where the lead came from', () => {
    given(lead, [registered]).when(QualifyLead, { temperature: 'hot', score: 80 }).then([qualified]);
  });

  it('keeps budget, authority, need and timing', () => {
    const judgement = { temperature: 'cold', budget: '10k', authority: 'the owner', need: 'a shop', timing: 'spring' } as const;
    given(lead, [registered])
      .when(QualifyLead, judgement)
      .then([LeadQualified({ ...judgement, score: null, source })]);
  });

  it.each([
    ['qualified', [qualified], 'LEAD_NOT_OPEN'],
    ['disqualified', [disqualified], 'LEAD_NOT_OPEN'],
    ['converted', [qualified, converted], 'LEAD_NOT_OPEN'],
  ])('is refused when it is %s', (_, past, code) => {
    given(lead, [registered, ...past])
      .when(QualifyLead, { temperature: 'warm' })
      .thenRejected(code);
  });

  it.each([
    ['temperature', {}],
    ['temperature', { temperature: 'boiling' }],
    ['score', { temperature: 'hot', score: 101 }],
    ['score', { temperature: 'hot', score: 50.5 }],
    ['score', { temperature: 'hot', score: '50' }],
  ])('refuses a %s that can not be: %j', (field, input) => {
    given(lead, [registered]).whenGiven(QualifyLead, input).thenInvalid(field);
  });
});

describe('Disqualifying a lead', () => {
  it('needs a reason', () => {
    given(lead, [registered]).when(DisqualifyLead, { reason: 'no budget' }).then([disqualified]);
    given(lead, [registered]).whenGiven(DisqualifyLead, {}).thenInvalid('reason');
  });

  it('needs a note when the reason is "other"', () => {
    given(lead, [registered]).when(DisqualifyLead, { reason: 'other' }).thenRejected('NOTE_REQUIRED', 'note');
    given(lead, [registered])
      .when(DisqualifyLead, { reason: 'other', note: 'moved away' })
      .then([LeadDisqualified({ reason: 'other', note: 'moved away', source })]);
  });

  it.each([
    ['qualified', [qualified]],
    ['disqualified', [disqualified]],
    ['converted', [qualified, converted]],
  ])('is refused when it is %s', (_, past) => {
    given(lead, [registered, ...past])
      .when(DisqualifyLead, { reason: 'duplicate' })
      .thenRejected('LEAD_NOT_OPEN');
  });
});

describe('Reopening a lead', () => {
  it.each([
    ['qualified', qualified],
    ['disqualified', disqualified],
  ] as const)('says that it was %s, so that funnels can take it back', (from, judgement) => {
    given(lead, [registered, judgement])
      .when(ReopenLead)
      .then([LeadReopened({ from, source })]);
  });

  it('lets it be judged again', () => {
    given(lead, [registered, disqualified, LeadReopened({ from: 'disqualified', source })])
      .when(QualifyLead, { temperature: 'hot', score: 80 })
      .then([qualified]);
  });

  it('is refused when it is open, and once it is converted', () => {
    given(lead, [registered]).when(ReopenLead).thenRejected('LEAD_OPEN');
    given(lead, [registered, qualified, converted]).when(ReopenLead).thenRejected('LEAD_CONVERTED');
  });
});
