/** The funnel through the API: the records that a test begins with, made by the ordinary mutations. */
import type { Done, GraphqlClient } from './graphql-client.js';

/** An amount of euros, given in cents. */
export const euros = (amount: number): { readonly amount: string; readonly currency: 'EUR' } => ({
  amount: String(amount),
  currency: 'EUR',
});

/** Three stages in euros. */
export const STANDARD = {
  name: 'Standard',
  currency: 'EUR',
  stages: [
    { name: 'Contacted', probability: 20, expectedDays: 10 },
    { name: 'Offer', probability: 60 },
    { name: 'Negotiation', probability: 80 },
  ],
  lossReasons: ['price', 'timing'],
};

export async function definePipeline(client: GraphqlClient, input: object = {}): Promise<string> {
  return (await client.done('definePipeline', { ...STANDARD, ...input })).recordId;
}

export async function registerAccount(client: GraphqlClient, name = 'Brutăria Ana'): Promise<string> {
  return (await client.done('registerAccount', { name })).recordId;
}

/** An open opportunity of 1,000 euros in the first stage. */
export async function openOpportunity(client: GraphqlClient, pipelineId: string, input: object = {}): Promise<string> {
  const accountId = await registerAccount(client);
  const opened = await client.done('openOpportunity', { name: 'Bread', accountId, pipelineId, amount: euros(100_000), ...input });
  return opened.recordId;
}

export async function registerLead(client: GraphqlClient, input: object = {}): Promise<string> {
  return (await client.done('registerLead', { name: 'Ana Pop', company: 'Brutăria Ana', email: 'ana@example.com', ...input })).recordId;
}

export async function qualifiedLead(client: GraphqlClient, input: object = {}): Promise<string> {
  const id = await registerLead(client, input);
  await client.done('qualifyLead', { id, temperature: 'HOT' });
  return id;
}

/** A converted lead with an opportunity of 500 euros. */
export async function convertLead(client: GraphqlClient, id: string, pipelineId: string): Promise<Done> {
  return client.done('convertLead', { id, opportunity: { pipelineId, amount: euros(50_000) } });
}
