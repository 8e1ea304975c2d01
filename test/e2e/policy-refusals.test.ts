/** A refused command of a policy as an operator meets it: in the list and in the metrics, tried again over GraphQL. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ConvertLead } from '../../src/sales/convert-lead.js';
import { DefinePipeline, RevisePipeline } from '../../src/sales/define-pipeline.js';
import { RegisterLead } from '../../src/sales/lead.js';
import { QualifyLead } from '../../src/sales/qualify-lead.js';
import { commandHandlerOn, logIn } from '../support/engines/engines.js';
import { sharedFolder } from '../support/folder.js';
import { startServer, type Server } from '../support/processes/server.js';
import { until } from '../support/until.js';

const folder = sharedFolder();
let server: Server;

const staged = (...names: readonly string[]) => names.map((name) => ({ name, probability: 50 }));

/** A conversion whose policy has not run yet, as after a crash, and whose opportunity has no stage any more when it runs. */
beforeAll(async () => {
  const log = await logIn(folder.path);
  const pipeline = commandHandlerOn(log);
  const stages = staged('Contacted', 'Demo', 'Offer');
  const opportunity = { pipelineId: 'standard', stage: 'Demo', amount: { amount: 500_00, currency: 'EUR' } };
  for (const command of [
    DefinePipeline({ id: 'standard', name: 'Standard', currency: 'EUR', stages, lossReasons: ['price'] }),
    RegisterLead({ id: 'l1', name: 'Ana Pop' }),
    QualifyLead({ id: 'l1', temperature: 'hot' }),
    ConvertLead({ id: 'l1', opportunity }),
    RevisePipeline({ id: 'standard', stages: staged('Contacted', 'Offer'), moves: [{ from: 'Demo', to: 'Offer' }] }),
  ]) {
    await pipeline.execute(command, { actor: 'ana' });
  }
  await log.close();
  server = await startServer(folder.path);
});

interface Shown {
  readonly id: string;
  readonly policy: string;
  readonly step: string;
  readonly command: string;
  readonly eventType: string;
  readonly eventRecordId: string;
  readonly code: string;
  readonly status: string;
  readonly refusals: number;
  readonly history: { readonly nodes: readonly { readonly type: string; readonly actor: { readonly id: string } }[] };
}

const QUERY = `query ($minPosition: Position) {
  policyRefusals(minPosition: $minPosition) {
    nodes { id policy step command eventType eventRecordId code status refusals history { nodes { type actor { id } } } }
  }
}`;

const refusals = async (minPosition?: string): Promise<readonly Shown[]> =>
  (await server.ask<{ readonly policyRefusals: { readonly nodes: readonly Shown[] } }>(QUERY, { minPosition })).policyRefusals.nodes;

const theOne = async (minPosition?: string): Promise<Shown> => {
  const [shown] = await until(
    () => refusals(minPosition),
    ({ length }) => length === 1,
  );
  if (!shown) throw new Error('No command was refused.');
  return shown;
};

/** Until the metric says so many. */
const counted = (count: number): Promise<boolean> =>
  until(
    async () => (await server.get('/metrics')).text.includes(`daybook_policy_refusals_total{policy="leadConversion"} ${count}\n`),
    (isThere) => isThere,
  );

describe('a refused command of a policy', () => {
  it('is listed with its cause and counted once', async () => {
    expect(await theOne()).toMatchObject({
      policy: 'leadConversion',
      step: 'opportunity',
      command: 'OpenOpportunity',
      eventType: 'LeadConverted',
      eventRecordId: 'l1',
      code: 'STAGE_UNKNOWN',
      status: 'REFUSED',
      refusals: 1,
      history: { nodes: [{ type: 'POLICY_COMMAND_REFUSED', actor: { id: 'policy:leadConversion' } }] },
    });
    await counted(1);
  });

  it('is refused again while its reason stands, and the answer comes after that', async () => {
    const { id } = await theOne();
    const { position } = await server.done('retryPolicyCommand', { id });
    expect(await theOne(position)).toMatchObject({ status: 'REFUSED', refusals: 2 });
    await counted(2);
  });

  it('runs when its reason is gone, and can not be tried again then', async () => {
    const { id } = await theOne();
    await server.done('revisePipeline', { id: 'standard', stages: staged('Contacted', 'Demo', 'Offer') });
    const { position } = await server.done('retryPolicyCommand', { id });
    const { status, history } = await theOne(position);
    expect(status).toBe('ACCEPTED');
    expect(history.nodes.map(({ type }) => type)).toEqual([
      'POLICY_COMMAND_REFUSED',
      'POLICY_COMMAND_RETRIED',
      'POLICY_COMMAND_REFUSED_AGAIN',
      'POLICY_COMMAND_RETRIED',
      'POLICY_COMMAND_ACCEPTED',
    ]);
    const { opportunities } = await server.ask<{ readonly opportunities: unknown }>(
      'query ($minPosition: Position) { opportunities(minPosition: $minPosition) { nodes { stageName lead { id } } } }',
      { minPosition: position },
    );
    expect(opportunities).toEqual({ nodes: [{ stageName: 'Demo', lead: { id: 'l1' } }] });
    expect(await server.command('retryPolicyCommand', { id })).toMatchObject({ userErrors: [{ code: 'POLICY_COMMAND_NOT_REFUSED' }] });
  });
});
