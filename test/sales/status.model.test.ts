/** Whatever is asked in whatever order: leads and opportunities go only where their tables of steps say, and read models agree with the rules. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leads } from '../../projections/sales/leads.js';
import { opportunities } from '../../projections/sales/opportunities.js';
import type { Command } from '../../src/kernel/command.js';
import type { Projection } from '../../src/kernel/projection.js';
import { Rejection } from '../../src/kernel/rejection.js';
import { LoseOpportunity, ReopenOpportunity, WinOpportunity } from '../../src/sales/close-opportunity.js';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { DefinePipeline } from '../../src/sales/define-pipeline.js';
import { AssignLead, RegisterLead, ReviseLead } from '../../src/sales/lead.js';
import { AdvanceOpportunity, AssignOpportunity, OpenOpportunity, ReviseOpportunity } from '../../src/sales/opportunity.js';
import { DisqualifyLead, QualifyLead, ReopenLead } from '../../src/sales/qualify-lead.js';
import { Company } from '../support/domain/company.js';
import { project } from '../support/read-models/project.js';

/** A step that may be asked for, and from which status it leads to which; from the others it is refused with the code. */
interface Step {
  readonly command: (id: string) => Command;
  readonly to: Readonly<Record<string, string>>;
  readonly refused: (status: string) => string;
}

function step(command: Step['command'], to: Step['to'], refused: Step['refused']): Step {
  return { command, to, refused };
}

function follow(company: Company, id: string, steps: readonly Step[], projection: Projection, status: string): void {
  let expected = status;
  for (const [index, { command, to, refused }] of steps.entries()) {
    const next = to[expected];
    const ask = () => company.act(new Date(Date.UTC(2018, 1, 1, 12, index)).toISOString(), command(id));
    if (next === undefined) {
      expect(ask).toThrow(expect.objectContaining({ name: Rejection.name, code: refused(expected) }));
    } else {
      ask();
      expected = next;
    }
    expect(project(projection, company.events).get(id)).toMatchObject({ status: expected });
  }
}

describe('A lead', () => {
  const closedLead = { open: 'open', qualified: 'qualified', disqualified: 'disqualified' };
  const steps = fc.constantFrom(
    step(
      (id) => QualifyLead({ id, temperature: 'warm' }),
      { open: 'qualified' },
      () => 'LEAD_NOT_OPEN',
    ),
    step(
      (id) => DisqualifyLead({ id, reason: 'no need' }),
      { open: 'disqualified' },
      () => 'LEAD_NOT_OPEN',
    ),
    step(
      (id) => ReopenLead({ id }),
      { qualified: 'open', disqualified: 'open' },
      (status) => (status === 'open' ? 'LEAD_OPEN' : 'LEAD_CONVERTED'),
    ),
    step(
      (id) => ConvertLead({ id }),
      { qualified: 'converted' },
      (status) => (status === 'converted' ? 'LEAD_CONVERTED' : 'LEAD_NOT_QUALIFIED'),
    ),
    step(
      (id) => ReviseLead({ id, name: 'Ana' }),
      closedLead,
      () => 'LEAD_CONVERTED',
    ),
    step(
      (id) => AssignLead({ id, ownerId: 'maria' }),
      closedLead,
      () => 'LEAD_CONVERTED',
    ),
  );

  it('goes only where its table of steps says', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 12 }), (sequence) => {
        const company = new Company();
        company.act('2018-02-01T09:00:00.000Z', RegisterLead({ id: 'l1', name: 'Ana Pop' }));
        follow(company, 'l1', sequence, leads, 'open');
      }),
      { numRuns: 60 },
    );
  });
});

describe('An opportunity', () => {
  const open = { open: 'open' };
  const closed = () => 'OPPORTUNITY_CLOSED';
  const steps = fc.constantFrom(
    step((id) => AdvanceOpportunity({ id, stage: 'Demo' }), open, closed),
    step((id) => AdvanceOpportunity({ id, stage: 'Contact' }), open, closed),
    step((id) => ReviseOpportunity({ id, amount: { amount: 500, currency: 'EUR' } }), open, closed),
    step((id) => AssignOpportunity({ id, ownerId: 'maria' }), open, closed),
    step((id) => WinOpportunity({ id }), { open: 'won' }, closed),
    step((id) => LoseOpportunity({ id, reason: 'price' }), { open: 'lost' }, closed),
    step(
      (id) => ReopenOpportunity({ id }),
      { won: 'open', lost: 'open' },
      () => 'OPPORTUNITY_OPEN',
    ),
  );

  it('goes only where its table of steps says', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 12 }), (sequence) => {
        const company = new Company();
        const stages = [
          { name: 'Contact', probability: 10 },
          { name: 'Demo', probability: 50 },
        ];
        company.act(
          '2018-02-01T09:00:00.000Z',
          DefinePipeline({
            id: 'shops',
            name: 'Shops',
            currency: 'EUR',
            stages,
            lossReasons: ['price'],
          }),
        );
        company.act(
          '2018-02-01T09:00:00.000Z',
          OpenOpportunity({
            id: 'o1',
            name: 'First shop',
            accountId: 'acme',
            pipelineId: 'shops',
            amount: { amount: 90000, currency: 'EUR' },
          }),
        );
        follow(company, 'o1', sequence, opportunities, 'open');
      }),
      { numRuns: 60 },
    );
  });
});
