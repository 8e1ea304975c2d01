/** What follows from an event happens once, wherever it is cut short and however often it is reacted to. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LeadConverted } from '../../contracts/sales/lead.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import type { EventLog } from '../../src/log/port.js';
import { RegisterAccount } from '../../src/parties/account.js';
import { LoseOpportunity } from '../../src/sales/close-opportunity.js';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { OpenOpportunity } from '../../src/sales/opportunity.js';
import { DefinePipeline, RevisePipeline } from '../../src/sales/define-pipeline.js';
import { leadConversion } from '../../src/sales/policies/lead-conversion.js';
import { stageMoves } from '../../src/sales/policies/stage-moves.js';
import { QualifyLead } from '../../src/sales/qualify-lead.js';
import { PolicyHost } from '../support/domain/policy-host.js';
import { overriding } from '../support/overriding.js';

const stages = ['Contacted', 'Demo', 'Offer'].map((name) => ({ name, probability: 50 }));
const amount = { amount: 500_00, currency: 'EUR' };
const convertL1 = ConvertLead({ id: 'l1', opportunity: { pipelineId: 'standard', amount } });
const made = ['AccountRegistered', 'ContactRegistered', 'OpportunityOpened'];

let host: PolicyHost;

beforeEach(async () => {
  host = await PolicyHost.open();
  await host.send(DefinePipeline({ id: 'standard', name: 'Standard', currency: 'EUR', stages, lossReasons: ['price'] }));
});

afterEach(() => host.close());

describe('a conversion', () => {
  beforeEach(async () => {
    await host.send(RegisterLead({ id: 'l1', name: 'Ana Pop', company: 'Brutăria Ana', email: 'ana@example.com', origin: 'fair' }));
    await host.send(QualifyLead({ id: 'l1', temperature: 'hot' }));
  });

  const madeSoFar = (): Promise<readonly string[]> => host.typesOf('account', 'contact', 'opportunity');

  it('is answered when all that follows is there, and all of it names its cause', async () => {
    host.reactAtOnce([leadConversion]);
    const { position } = await host.send(convertL1);
    const events = await host.events();
    expect(await madeSoFar()).toEqual(made);
    expect(position).toBe(events.at(-1)?.position);
    const converted = events.find(({ type }) => type === 'LeadConverted');
    for (const { metadata } of events.slice(-3)) {
      expect(metadata).toMatchObject({
        actor: 'policy:leadConversion',
        onBehalfOf: 'ana',
        causationId: converted?.id,
        correlationId: converted?.metadata.correlationId,
      });
    }
  });

  it.each([0, 1, 2, 3])('makes one of each when the process dies after %i of its three steps', async (survived) => {
    let appends = 0;
    const mortal: EventLog = overriding(host.log, {
      append: (...append: Parameters<EventLog['append']>) => {
        if (appends++ > survived) throw new Error('killed');
        return host.log.append(...append);
      },
    });
    const conversion = host.send(convertL1, host.reactAtOnce([leadConversion], host.newHandler(mortal)));
    await (survived < 3 ? expect(conversion).rejects.toThrow('killed') : expect(conversion).resolves.toBeDefined());
    expect(await madeSoFar()).toEqual(made.slice(0, survived));

    await host.runToEnd(leadConversion);
    expect(await madeSoFar()).toEqual(made);
    expect(host.refusals).toEqual([]);
  });

  it('makes nothing more when the checkpoint is lost', async () => {
    await host.send(convertL1);
    await host.runToEnd(leadConversion);
    const head = await host.log.head();
    await host.loseCheckpoint(leadConversion);
    await host.runToEnd(leadConversion);
    expect(await host.log.head()).toBe(head);
  });

  it('answers as before when the names in its event have been erased', async () => {
    await host.send(convertL1);
    await host.runToEnd(leadConversion);
    const head = await host.log.head();
    const converted = (await host.events()).find(({ type }) => type === LeadConverted.type);
    if (!converted) throw new Error('The lead was not converted.');
    const { account, contact, opportunity, ...rest } = converted.data as Parameters<typeof LeadConverted>[0];
    if (!contact || !opportunity) throw new Error('There is no contact or no opportunity.');
    const erased = {
      ...rest,
      account: { ...account, name: null },
      contact: { ...contact, name: null, email: null },
      opportunity,
    };
    const reactor = host.reactorOf([leadConversion], host.newHandler());
    expect(await reactor.react([{ ...converted, data: erased }], 'followed')).toBe(head);
    expect(await host.log.head()).toBe(head);
    expect(host.refusals).toEqual([]);
  });

  it('goes on with the next step after one that a rule refused', async () => {
    await host.send(RegisterAccount({ id: derivedId('l1', 'account'), name: 'In the way' }));
    host.reactAtOnce([leadConversion]);
    await host.send(convertL1);
    expect(await madeSoFar()).toEqual(made);
    expect(host.refusals).toMatchObject([{ step: 'account', code: 'ACCOUNT_EXISTS', isNew: true }]);
  });
});

describe('the moves out of a dropped stage', () => {
  const open = (id: string) => OpenOpportunity({ id, name: id, accountId: 'moara', pipelineId: 'standard', stage: 'Demo', amount });
  const dropDemo = RevisePipeline({
    id: 'standard',
    stages: stages.filter(({ name }) => name !== 'Demo'),
    moves: [{ from: 'Demo', to: 'Offer' }],
  });

  beforeEach(async () => {
    await host.send(RegisterAccount({ id: 'moara', name: 'Moara' }));
  });

  it('reach all opportunities that were there at the revision, also more than a page of them, once', async () => {
    const many = Array.from({ length: 203 }, (_, index) => `o${index}`);
    for (const id of many) await host.send(open(id));
    await host.send(dropDemo);
    await host.send(LoseOpportunity({ id: 'o7', reason: 'price' }));
    await host.project('opportunities');
    await host.runToEnd(stageMoves);
    const movedNow = async () => (await host.events()).filter(({ type }) => type === 'OpportunityAdvanced').map(({ stream }) => stream.id);
    const others = many.filter((id) => id !== 'o7').sort();
    expect([...(await movedNow())].sort()).toEqual(others);

    await host.project('opportunities');
    await host.loseCheckpoint(stageMoves);
    await host.runToEnd(stageMoves);
    expect(await movedNow()).toHaveLength(others.length);
    expect(host.refusals).toEqual([]);
  });
});
