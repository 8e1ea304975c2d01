/** Opportunities over the API: opened, moved, won, lost, reopened, and what each rule answers. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  convertLead,
  definePipeline,
  euros,
  openOpportunity,
  qualifiedLead,
  registerAccount,
  registerLead,
} from '../support/api/funnel.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();
let pipelineId: string;

beforeAll(async () => {
  pipelineId = await definePipeline(server);
});

/** Issues a command and gives these fields of the opportunity in its answer. */
const answered = async (command: string, input: object, fields: string): Promise<unknown> => {
  const type = `${command.charAt(0).toUpperCase()}${command.slice(1)}Input`;
  const { payload } = await server.ask<{ readonly payload: { readonly userErrors: unknown; readonly opportunity: unknown } }>(
    `mutation ($input: ${type}!) { payload: ${command}(input: $input) { userErrors { code path } opportunity { ${fields} } } }`,
    { input },
  );
  expect(payload.userErrors).toEqual([]);
  return payload.opportunity;
};

describe('an opportunity', () => {
  it('is opened in the first stage', async () => {
    const accountId = await registerAccount(server, 'Brutăria Ana');
    const input = { name: 'Bread', accountId, pipelineId, amount: euros(100_001), expectedClose: '2030-02-28', note: 'Twice a week' };
    expect(
      await answered(
        'openOpportunity',
        input,
        'name status stageName stageOrder probability amount { amount currency } weightedAmount { amount } expectedClose note movesBack closedAt account { name } contact { id } lead { id }',
      ),
    ).toEqual({
      name: 'Bread',
      status: 'OPEN',
      stageName: 'Contacted',
      stageOrder: 0,
      probability: 20,
      amount: euros(100_001),
      weightedAmount: { amount: '20000' },
      expectedClose: '2030-02-28',
      note: 'Twice a week',
      movesBack: 0,
      closedAt: null,
      account: { name: 'Brutăria Ana' },
      contact: null,
      lead: null,
    });
  });

  it('is refused with what does not exist or does not fit', async () => {
    const opening = { name: 'X', accountId: await registerAccount(server), pipelineId, amount: euros(1) };
    const open = await registerLead(server);
    const converted = await qualifiedLead(server);
    await convertLead(server, converted, pipelineId);
    const refusals: readonly (readonly [input: object, code: string, field: string])[] = [
      [{ accountId: 'nobody' }, 'ACCOUNT_NOT_FOUND', 'accountId'],
      [{ contactId: 'nobody' }, 'CONTACT_NOT_FOUND', 'contactId'],
      [{ pipelineId: 'nowhere' }, 'PIPELINE_NOT_FOUND', 'pipelineId'],
      [{ leadId: 'nobody' }, 'LEAD_NOT_FOUND', 'leadId'],
      [{ leadId: open }, 'LEAD_NOT_CONVERTED', 'leadId'],
      [{ leadId: converted }, 'LEAD_HAS_OPPORTUNITY', 'leadId'],
      [{ stage: 'Nowhere' }, 'STAGE_UNKNOWN', 'stage'],
      [{ amount: euros(-1) }, 'AMOUNT_NEGATIVE', 'amount'],
      [{ amount: { amount: '1', currency: 'USD' } }, 'CURRENCY_MISMATCH', 'amount'],
    ];
    const before = await server.logPosition();
    for (const [input, code, field] of refusals) {
      expect(await server.command('openOpportunity', { ...opening, ...input })).toMatchObject({
        recordId: null,
        userErrors: [{ code, path: ['input', ...field.split('.')] }],
      });
    }
    expect(await server.logPosition()).toBe(before);
  });

  it('is revised and assigned while it is open', async () => {
    const id = await openOpportunity(server, pipelineId, { note: 'Old' });
    const contactId = (await server.done('registerContact', { name: 'Ion' })).recordId;
    expect(
      await answered(
        'reviseOpportunity',
        { id, name: 'Rolls', contactId, amount: euros(200), note: null },
        'name note amount { amount } weightedAmount { amount } contact { name }',
      ),
    ).toEqual({ name: 'Rolls', note: null, amount: { amount: '200' }, weightedAmount: { amount: '40' }, contact: { name: 'Ion' } });
    expect(await answered('assignOpportunity', { id, ownerId: 'dan' }, 'ownerId revision')).toEqual({ ownerId: 'dan', revision: 2 });
    expect(await server.command('reviseOpportunity', { id, amount: euros(-5) })).toMatchObject({
      userErrors: [{ code: 'AMOUNT_NEGATIVE' }],
    });
    expect(await server.command('reviseOpportunity', { id, contactId: 'nobody' })).toMatchObject({
      userErrors: [{ code: 'CONTACT_NOT_FOUND', path: ['input', 'contactId'] }],
    });
  });

  it('goes forwards, skips and goes back, which is counted', async () => {
    const id = await openOpportunity(server, pipelineId);
    const fields = 'stageName probability movesBack';
    expect(await answered('advanceOpportunity', { id, stage: 'negotiation' }, fields)).toEqual({
      stageName: 'Negotiation',
      probability: 80,
      movesBack: 0,
    });
    expect(await answered('advanceOpportunity', { id, stage: 'Offer' }, fields)).toEqual({
      stageName: 'Offer',
      probability: 60,
      movesBack: 1,
    });
    expect(await server.done('advanceOpportunity', { id, stage: 'Offer' })).toMatchObject({ revision: 2 });
    expect(await server.command('advanceOpportunity', { id, stage: 'Nowhere' })).toMatchObject({
      userErrors: [{ code: 'STAGE_UNKNOWN', path: ['input', 'stage'] }],
    });
  });

  it('is won, takes nothing more, and goes on after a reopening', async () => {
    const id = await openOpportunity(server, pipelineId, { occurredAt: '2024-01-10T12:00:00Z' });
    const fields = 'status probability amount { amount } weightedAmount { amount } wonOn closedAt closingNote stageName';
    const win = { id, amount: euros(90_000), wonOn: '2024-02-01', note: 'Signed', occurredAt: '2024-02-02T08:00:00Z' };
    expect(await answered('winOpportunity', win, fields)).toEqual({
      status: 'WON',
      probability: 100,
      amount: { amount: '90000' },
      weightedAmount: { amount: '90000' },
      wonOn: '2024-02-01',
      closedAt: '2024-02-02T08:00:00.000Z',
      closingNote: 'Signed',
      stageName: 'Contacted',
    });
    for (const [command, input] of [
      ['winOpportunity', {}],
      ['loseOpportunity', { reason: 'price' }],
      ['advanceOpportunity', { stage: 'Offer' }],
      ['reviseOpportunity', { name: 'X' }],
      ['assignOpportunity', { ownerId: 'dan' }],
    ] as const) {
      expect(await server.command(command, { id, ...input })).toMatchObject({ userErrors: [{ code: 'OPPORTUNITY_CLOSED' }] });
    }
    expect(await answered('reopenOpportunity', { id, stage: 'Offer', note: 'They changed their mind' }, fields)).toEqual({
      status: 'OPEN',
      probability: 60,
      amount: { amount: '90000' },
      weightedAmount: { amount: '54000' },
      wonOn: null,
      closedAt: null,
      closingNote: null,
      stageName: 'Offer',
    });
    expect(await server.command('reopenOpportunity', { id })).toMatchObject({ userErrors: [{ code: 'OPPORTUNITY_OPEN' }] });
  });

  it('is not won before it happened', async () => {
    const id = await openOpportunity(server, pipelineId);
    expect(await server.command('winOpportunity', { id, wonOn: '2100-01-01' })).toMatchObject({
      userErrors: [{ code: 'WON_IN_FUTURE', path: ['input', 'wonOn'] }],
    });
  });

  it("is lost for one of the pipeline's reasons, or for another one with a note", async () => {
    const id = await openOpportunity(server, pipelineId);
    expect(await server.command('loseOpportunity', { id, reason: 'weather' })).toMatchObject({
      userErrors: [{ code: 'LOSS_REASON_UNKNOWN', path: ['input', 'reason'] }],
    });
    expect(await server.command('loseOpportunity', { id, reason: 'Other' })).toMatchObject({
      userErrors: [{ code: 'NOTE_REQUIRED', path: ['input', 'note'] }],
    });
    const fields = 'status lossReason probability weightedAmount { amount } closingNote';
    expect(await answered('loseOpportunity', { id, reason: 'PRICE' }, fields)).toEqual({
      status: 'LOST',
      lossReason: 'price',
      probability: 0,
      weightedAmount: { amount: '0' },
      closingNote: null,
    });
  });
});
