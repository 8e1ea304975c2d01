/** Another process appends to the log while the server runs, as an import does: the server's answers and rules take it in. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { domain } from '../../src/domain.js';
import type { SealedLog } from '../../src/sealing/sealed-log.js';
import type { Outcome } from '../../src/command-handling/command-handler.js';
import { commandHandlerOn, logIn } from '../support/engines/engines.js';
import { definePipeline, euros, openOpportunity, qualifiedLead, registerLead } from '../support/api/funnel.js';
import { expectReadModelsToEqualTheLog } from '../support/read-models/read-models.js';
import { sharedServer } from '../support/processes/set-up.js';

const { folder, server } = await sharedServer();
let log: SealedLog;

beforeAll(async () => {
  log = await logIn(folder.path);
});

afterAll(async () => {
  await log.close();
});

/** A command in this process, which is not the server's, and no process manager works here. */
const elsewhere = async (name: string, input: object): Promise<Outcome> => {
  const command = domain.commands.find((each) => each.name === name);
  if (!command) throw new Error(`There is no command ${name}.`);
  return commandHandlerOn(log, 0).execute(command.from(input), { actor: 'elsewhere' });
};

it('shows in lists and summaries what others append', async () => {
  let position = 0;
  for (let i = 0; i < 25; i++) ({ position } = await elsewhere('RegisterLead', { name: `Lead ${i}`, origin: 'elsewhere' }));
  expect(
    await server.ask(
      'query ($position: Position) { leads(where: { origin: { eq: "elsewhere" } }, minPosition: $position) { totalCount } leadFunnelSummary(where: { origin: { eq: "elsewhere" } }, minPosition: $position) { total { registered } } }',
      { position: String(position) },
    ),
  ).toEqual({ leads: { totalCount: 25 }, leadFunnelSummary: { total: { registered: 25 } } });
});

it('decides on the record as others left it, not as it remembers it', async () => {
  const id = await registerLead(server);
  await elsewhere('QualifyLead', { id, temperature: 'hot' });
  expect(await server.command('qualifyLead', { id, temperature: 'WARM' })).toMatchObject({ userErrors: [{ code: 'LEAD_NOT_OPEN' }] });
  expect(await server.command('assignLead', { id, ownerId: 'dan', expectedRevision: 0 })).toMatchObject({
    userErrors: [{ code: 'STALE_REVISION' }],
  });
  expect(await server.done('assignLead', { id, ownerId: 'dan', expectedRevision: 1 })).toMatchObject({ revision: 2 });
  await elsewhere('ReopenLead', { id });
  expect(await server.done('qualifyLead', { id, temperature: 'WARM' })).toMatchObject({ revision: 4 });
});

it('knows records that others made', async () => {
  const account = await elsewhere('RegisterAccount', { name: 'Elsewhere Ltd' });
  const pipelineId = await definePipeline(server);
  await server.done('openOpportunity', { name: 'X', accountId: account.stream.id, pipelineId, amount: euros(1) });
});

it('finishes conversions and moves that others began and left', async () => {
  const pipelineId = await definePipeline(server);
  const opportunity = await openOpportunity(server, pipelineId, { stage: 'Offer' });
  const id = await qualifiedLead(server);
  await elsewhere('ConvertLead', { id, opportunity: { pipelineId, amount: { amount: 100, currency: 'EUR' } } });
  await elsewhere('RevisePipeline', {
    id: pipelineId,
    stages: [{ name: 'Contacted', probability: 20 }],
    moves: [
      { from: 'Offer', to: 'Contacted' },
      { from: 'Negotiation', to: 'Contacted' },
    ],
  });
  const query = `query ($lead: ID!, $opportunity: ID!) {
    lead(id: $lead) { status account { name } contact { name } opportunity { amount { amount } } }
    opportunity(id: $opportunity) { stageName pipelineVersion }
  }`;
  const done = {
    lead: {
      status: 'CONVERTED',
      account: { name: 'Brutăria Ana' },
      contact: { name: 'Ana Pop' },
      opportunity: { amount: { amount: '100' } },
    },
    opportunity: { stageName: 'Contacted', pipelineVersion: 2 },
  };
  let shown: unknown;
  do shown = await server.ask(query, { lead: id, opportunity });
  while (JSON.stringify(shown) !== JSON.stringify(done));
});

it('ends with read models that equal the log', async () => {
  await server.ready();
  expect(await server.stop()).toMatchObject({ code: 0 });
  await expectReadModelsToEqualTheLog(folder);
});
