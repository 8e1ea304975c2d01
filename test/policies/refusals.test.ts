/** Refused commands of policies: kept in the log without input, once, and tried again when somebody says so. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LeadConverted } from '../../contracts/sales/lead.js';
import { derivedId } from '../../src/kernel/derived-id.js';
import { policy } from '../../src/kernel/policy.js';
import { Rejection } from '../../src/kernel/rejection.js';
import { gathered } from '../../src/log/gathered.js';
import { policyRefusal, RetryPolicyCommand } from '../../src/operations/policy-refusal.js';
import type { CommandHandler } from '../../src/command-handling/command-handler.js';
import { RegisterAccount } from '../../src/parties/account.js';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { DefinePipeline, RevisePipeline } from '../../src/sales/define-pipeline.js';
import { leadConversion } from '../../src/sales/policies/lead-conversion.js';
import { QualifyLead } from '../../src/sales/qualify-lead.js';
import { PolicyHost } from '../support/domain/policy-host.js';
import { overriding } from '../support/overriding.js';

const staged = (...names: readonly string[]) => names.map((name) => ({ name, probability: 50 }));
const moves = [{ from: 'Demo', to: 'Offer' }];
const dropDemo = RevisePipeline({ id: 'standard', stages: staged('Contacted', 'Offer'), moves });
const restoreDemo = RevisePipeline({ id: 'standard', stages: staged('Contacted', 'Demo', 'Offer') });
const commandId = '5f0e4f57-27f3-4a3c-8f0f-6f6c0de2b0aa';
const opportunity = { pipelineId: 'standard', stage: 'Demo', amount: { amount: 500_00, currency: 'EUR' } };
const convertL1 = ConvertLead({ id: 'l1', opportunity, commandId });

/** leadConversion of a later release, in which no opportunity follows. */
const reduced = policy({ name: leadConversion.name, from: 'beginning', events: [LeadConverted], on: { LeadConverted: () => [] } });

describe('a refused command of a policy', () => {
  let host: PolicyHost;

  /** A conversion whose opportunity is refused: its stage is dropped before the policy runs. */
  beforeEach(async () => {
    host = await PolicyHost.open();
    await host.send(
      DefinePipeline({
        id: 'standard',
        name: 'Standard',
        currency: 'EUR',
        stages: staged('Contacted', 'Demo', 'Offer'),
        lossReasons: ['price'],
      }),
    );
    await host.send(RegisterLead({ id: 'l1', name: 'Ana Pop', email: 'ana@example.com' }));
    await host.send(QualifyLead({ id: 'l1', temperature: 'hot' }));
    await host.send(convertL1);
    await host.send(dropDemo);
  });

  afterEach(() => host.close());

  const refusalEvents = async () => (await host.events()).filter(({ stream }) => stream.type === policyRefusal.type);
  const refusalTypes = () => host.typesOf(policyRefusal.type);
  const opened = () => host.typesOf('opportunity');

  const refusalId = async (): Promise<string> => {
    const [refused] = await refusalEvents();
    if (!refused) throw new Error('No command was refused.');
    return refused.stream.id;
  };

  /** Has it tried again, as a mutation does that waits for policies. */
  const retry = async () => host.send(RetryPolicyCommand({ id: await refusalId() }), host.reactAtOnce([leadConversion], host.newHandler()));

  it('is kept as an event that says which, why and of which event, without its input', async () => {
    await host.runToEnd(leadConversion);
    const [refused, ...more] = await refusalEvents();
    expect(more).toEqual([]);
    const converted = (await host.events()).find(({ type }) => type === 'LeadConverted');
    expect(refused).toMatchObject({
      type: 'PolicyCommandRefused',
      metadata: { actor: 'policy:leadConversion', onBehalfOf: 'ana', causationId: converted?.id },
    });
    expect(refused?.data).toEqual({
      policy: 'leadConversion',
      step: 'opportunity',
      command: 'OpenOpportunity',
      eventId: converted?.id,
      eventType: 'LeadConverted',
      eventRecordType: 'lead',
      eventRecordId: 'l1',
      eventRevision: converted?.revision,
      code: 'STAGE_UNKNOWN',
    });
    expect(host.refusals).toMatchObject([{ step: 'opportunity', code: 'STAGE_UNKNOWN', isNew: true }]);
  });

  it('is kept once and stays refused when the runner comes across its event again, even when nothing is in its way any more', async () => {
    await host.runToEnd(leadConversion);
    await host.send(restoreDemo);
    const head = await host.log.head();
    await host.loseCheckpoint(leadConversion);
    await host.runToEnd(leadConversion);
    expect(await host.log.head()).toBe(head);
    expect(host.refusals).toHaveLength(1);
  });

  it('is kept when the process died before it was', async () => {
    const dying = overriding(host.newHandler(), {
      execute: async (...asked: Parameters<CommandHandler['execute']>) => {
        if (asked[0].definition.name === 'KeepPolicyRefusal') throw new Error('killed');
        return host.commandHandler.execute(...asked);
      },
    });
    const converted = (await host.events()).filter(({ type }) => type === 'LeadConverted');
    await expect(host.reactorOf([leadConversion], dying).react(converted, 'followed')).rejects.toThrow('killed');
    expect(await refusalTypes()).toEqual([]);
    await host.runToEnd(leadConversion);
    expect(await refusalTypes()).toEqual(['PolicyCommandRefused']);
  });

  it('is tried again when its cause is sent again: refused once more, it is told of and not kept anew', async () => {
    await host.runToEnd(leadConversion);
    await host.send(convertL1, host.reactAtOnce([leadConversion], host.newHandler()));
    expect(await refusalTypes()).toEqual(['PolicyCommandRefused']);
    expect(host.refusals).toMatchObject([{ isNew: true }, { isNew: false, code: 'STAGE_UNKNOWN' }]);
  });

  it('is accepted when its cause is sent again and nothing is in its way any more', async () => {
    await host.runToEnd(leadConversion);
    await host.send(restoreDemo);
    const { position } = await host.send(convertL1, host.reactAtOnce([leadConversion], host.newHandler()));
    expect(await opened()).toEqual(['OpportunityOpened']);
    expect(await refusalTypes()).toEqual(['PolicyCommandRefused', 'PolicyCommandAccepted']);
    expect(position).toBe(await host.log.head());
  });

  describe('that is tried again', () => {
    beforeEach(() => host.runToEnd(leadConversion));

    it('runs and is accepted when nothing is in its way any more, before the operator is answered', async () => {
      await host.send(restoreDemo);
      const { position } = await retry();
      expect(await opened()).toEqual(['OpportunityOpened']);
      expect(await refusalTypes()).toEqual(['PolicyCommandRefused', 'PolicyCommandRetried', 'PolicyCommandAccepted']);
      expect(position).toBe(await host.log.head());
    });

    it('is refused again, with the new reason', async () => {
      await retry();
      expect(await opened()).toEqual([]);
      expect(await refusalTypes()).toEqual(['PolicyCommandRefused', 'PolicyCommandRetried', 'PolicyCommandRefusedAgain']);
      expect((await refusalEvents()).at(-1)?.data).toEqual({ code: 'STAGE_UNKNOWN' });
      expect(host.refusals).toHaveLength(2);
    });

    it('can be tried again until it is accepted, and then no more', async () => {
      await retry();
      await host.send(restoreDemo);
      await retry();
      expect((await refusalTypes()).at(-1)).toBe('PolicyCommandAccepted');
      await expect(retry()).rejects.toMatchObject({ code: 'POLICY_COMMAND_NOT_REFUSED' });
    });

    it('is run by the runner when the process died after the operator was answered', async () => {
      await host.send(restoreDemo);
      await host.send(RetryPolicyCommand({ id: await refusalId() }));
      await host.runToEnd(leadConversion);
      expect(await opened()).toEqual(['OpportunityOpened']);
      expect((await refusalTypes()).at(-1)).toBe('PolicyCommandAccepted');
    });

    it('stays as it was settled when the runner comes across the decision again', async () => {
      await retry();
      await host.send(restoreDemo);
      const head = await host.log.head();
      await host.loseCheckpoint(leadConversion);
      await host.runToEnd(leadConversion);
      expect(await host.log.head()).toBe(head);
    });

    it.each([
      ['the policy does not issue it', [reduced]],
      ['there is no such policy', []],
    ])('is refused with POLICY_COMMAND_GONE when %s any more', async (_, policies) => {
      await host.send(RetryPolicyCommand({ id: await refusalId() }), host.reactAtOnce(policies, host.newHandler()));
      expect((await refusalEvents()).at(-1)).toMatchObject({ type: 'PolicyCommandRefusedAgain', data: { code: 'POLICY_COMMAND_GONE' } });
    });
  });

  it('is tried again alone: what else was refused of its event stays refused', async () => {
    await host.send(RegisterAccount({ id: derivedId('l1', 'account'), name: 'In the way' }));
    await host.runToEnd(leadConversion);
    expect((await refusalEvents()).map(({ data }) => data)).toMatchObject([{ step: 'account' }, { step: 'opportunity' }]);
    await host.send(restoreDemo);
    await retry();
    expect(await opened()).toEqual([]);
    expect((await refusalEvents()).at(-1)?.data).toEqual({ code: 'ACCOUNT_EXISTS' });
  });

  it('can not be tried again when there is no such refusal', async () => {
    const retried = host.send(RetryPolicyCommand({ id: derivedId('none') }));
    await expect(retried).rejects.toBeInstanceOf(Rejection);
    await expect(retried).rejects.toMatchObject({ code: 'POLICY_COMMAND_NOT_FOUND' });
  });
});

describe('a refused command of a policy in a history that is carried over', () => {
  let host: PolicyHost;

  beforeEach(async () => {
    host = await PolicyHost.open();
  });

  afterEach(() => host.close());

  it('is recorded with its event, in order, and tried again as of today', async () => {
    const log = gathered(host.log, []);
    const commandHandler = host.reactAtOnce([leadConversion], host.newHandler(log));
    const importedAt = new Date().toISOString();
    const history = [
      RegisterAccount({ id: derivedId('l1', 'account'), name: 'In the way' }),
      RegisterLead({ id: 'l1', name: 'Ana Pop' }),
      QualifyLead({ id: 'l1', temperature: 'hot' }),
      ConvertLead({ id: 'l1', commandId }),
      RegisterLead({ id: 'l2', name: 'Dan Pop' }),
    ];
    for (const [day, command] of history.entries()) {
      await commandHandler.execute(command, { actor: 'ana', carriedOver: { recordedAt: `2018-02-0${day + 1}T09:00:00.000Z`, importedAt } });
    }
    await log.head();
    const events = await host.events();
    const times = events.map(({ metadata }) => metadata.recordedAt);
    expect(times).toEqual([...times].sort());
    const refused = events.find(({ type }) => type === 'PolicyCommandRefused');
    expect(refused?.metadata).toMatchObject({ recordedAt: '2018-02-04T09:00:00.000Z', importedAt });

    await host.send(RetryPolicyCommand({ id: refused?.stream.id ?? '' }), host.reactAtOnce([leadConversion], host.newHandler()));
    const settled = (await host.events()).at(-1);
    expect(settled?.type).toBe('PolicyCommandRefusedAgain');
    expect(settled?.metadata).not.toHaveProperty('importedAt');
  });
});
