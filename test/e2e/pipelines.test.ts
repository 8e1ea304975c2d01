/** Pipelines over the API: defining, revising and retiring them, and what becomes of the opportunities in a stage that is dropped. */
import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { definePipeline, euros, openOpportunity, registerAccount, STANDARD } from '../support/api/funnel.js';
import { sharedServer } from '../support/processes/set-up.js';

const { server } = await sharedServer();

interface Standing {
  readonly stageName: string;
  readonly pipelineVersion: number;
  readonly status: string;
}

const standingOf = async (id: string, minPosition: string): Promise<Standing> =>
  (
    await server.ask<{ readonly opportunity: Standing }>(
      'query ($id: ID!, $minPosition: Position) { opportunity(id: $id, minPosition: $minPosition) { stageName pipelineVersion status } }',
      { id, minPosition },
    )
  ).opportunity;

describe('a pipeline', () => {
  it('is defined with its stages in order', async () => {
    const { definePipeline: payload } = await server.ask<{ readonly definePipeline: unknown }>(
      `mutation ($input: DefinePipelineInput!) {
        definePipeline(input: $input) {
          userErrors { code }
          pipeline { name status version currency stages { name probability expectedDays } lossReasons ownerId }
        }
      }`,
      { input: STANDARD },
    );
    expect(payload).toEqual({
      userErrors: [],
      pipeline: {
        name: 'Standard',
        status: 'ACTIVE',
        version: 1,
        currency: 'EUR',
        stages: [
          { name: 'Contacted', probability: 20, expectedDays: 10 },
          { name: 'Offer', probability: 60, expectedDays: null },
          { name: 'Negotiation', probability: 80, expectedDays: null },
        ],
        lossReasons: ['price', 'timing'],
        ownerId: 'local',
      },
    });
  });

  it.each([
    ['no stages', { stages: [] }, 'PIPELINE_WITHOUT_STAGES', 'stages'],
    ['no reasons', { lossReasons: [] }, 'PIPELINE_WITHOUT_LOSS_REASONS', 'lossReasons'],
    [
      'a stage twice',
      {
        stages: [
          { name: 'Offer', probability: 1 },
          { name: 'óffer', probability: 2 },
        ],
      },
      'PIPELINE_STAGE_REPEATED',
      'stages.1',
    ],
    ['a reason twice', { lossReasons: ['price', 'Price'] }, 'PIPELINE_LOSS_REASON_REPEATED', 'lossReasons.1'],
    ['a stage named won', { stages: [{ name: 'Won', probability: 99 }] }, 'PIPELINE_STAGE_RESERVED', 'stages.0.name'],
  ])('is refused with %s', async (_, input, code, field) => {
    expect(await server.command('definePipeline', { ...STANDARD, ...input })).toMatchObject({
      recordId: null,
      userErrors: [{ code, path: ['input', ...field.split('.')] }],
    });
  });

  it('has a board with a place for each stage, empty ones too', async () => {
    const pipelineId = await definePipeline(server);
    await openOpportunity(server, pipelineId, { occurredAt: '2024-05-01T12:00:00Z' });
    await openOpportunity(server, pipelineId, { occurredAt: '2024-04-01T12:00:00Z', amount: euros(333) });
    const last = await openOpportunity(server, pipelineId, { stage: 'Negotiation' });
    await server.done('winOpportunity', { id: last });
    const { pipelineBoard } = await server.ask<{ readonly pipelineBoard: { readonly nodes: unknown } }>(
      `query ($id: ID!, $position: Position) {
        pipelineBoard(where: { pipelineId: { eq: $id }, current: { eq: true } }, orderBy: [{ field: ORDER }], minPosition: $position) {
          nodes { stageName order opportunities amount { amount } weightedAmount { amount } oldest arrivals { day count } pipeline { name } }
        }
      }`,
      { id: pipelineId, position: await server.logPosition() },
    );
    const empty = {
      opportunities: 0,
      amount: { amount: '0' },
      weightedAmount: { amount: '0' },
      oldest: null,
      arrivals: [],
      pipeline: { name: 'Standard' },
    };
    expect(pipelineBoard.nodes).toEqual([
      {
        stageName: 'Contacted',
        order: 0,
        opportunities: 2,
        amount: { amount: '100333' },
        weightedAmount: { amount: '20067' },
        oldest: '2024-04-01',
        arrivals: [
          { day: '2024-04-01', count: 1 },
          { day: '2024-05-01', count: 1 },
        ],
        pipeline: { name: 'Standard' },
      },
      { stageName: 'Offer', order: 1, ...empty },
      { stageName: 'Negotiation', order: 2, ...empty },
    ]);
  });

  it('takes nothing new once it is retired, and lets go on what is in it', async () => {
    const pipelineId = await definePipeline(server);
    const id = await openOpportunity(server, pipelineId);
    const accountId = await registerAccount(server);
    const query = 'mutation ($input: RetirePipelineInput!) { retirePipeline(input: $input) { pipeline { status } } }';
    expect(await server.ask(query, { input: { id: pipelineId } })).toEqual({ retirePipeline: { pipeline: { status: 'RETIRED' } } });
    const opening = { name: 'New', accountId, pipelineId, amount: euros(1) };
    expect(await server.command('openOpportunity', opening)).toMatchObject({
      userErrors: [{ code: 'PIPELINE_RETIRED', path: ['input', 'pipelineId'] }],
    });
    expect(await server.command('retirePipeline', { id: pipelineId })).toMatchObject({ userErrors: [{ code: 'PIPELINE_RETIRED' }] });
    expect(await server.command('revisePipeline', { id: pipelineId, name: 'X' })).toMatchObject({
      userErrors: [{ code: 'PIPELINE_RETIRED' }],
    });
    await server.done('advanceOpportunity', { id, stage: 'Offer' });
    await server.done('winOpportunity', { id });
  });
});

describe('a revision', () => {
  const dropped = [
    { name: 'Contacted', probability: 20 },
    { name: 'Proposal', probability: 70 },
  ];

  it('moves the open opportunities of a dropped stage to where it says, and no others, before it is answered', async () => {
    const pipelineId = await definePipeline(server);
    const contacted = await openOpportunity(server, pipelineId);
    const offers: string[] = [];
    for (let i = 0; i < 3; i++) offers.push(await openOpportunity(server, pipelineId, { stage: 'Offer' }));
    const won = await openOpportunity(server, pipelineId, { stage: 'Offer' });
    await server.done('winOpportunity', { id: won });
    const negotiating = await openOpportunity(server, pipelineId, { stage: 'Negotiation' });

    const { position } = await server.done('revisePipeline', {
      id: pipelineId,
      stages: dropped,
      moves: [
        { from: 'Offer', to: 'proposal' },
        { from: 'Negotiation', to: 'Contacted' },
      ],
    });
    for (const id of offers) expect(await standingOf(id, position)).toEqual({ stageName: 'Proposal', pipelineVersion: 2, status: 'OPEN' });
    expect(await standingOf(negotiating, position)).toEqual({ stageName: 'Contacted', pipelineVersion: 2, status: 'OPEN' });
    expect(await standingOf(contacted, position)).toEqual({ stageName: 'Contacted', pipelineVersion: 1, status: 'OPEN' });
    expect(await standingOf(won, position)).toEqual({ stageName: 'Offer', pipelineVersion: 1, status: 'WON' });
  });

  it('moves more opportunities than fit on one page', async () => {
    const pipelineId = await definePipeline(server);
    const accountId = await registerAccount(server);
    const opening = { name: 'One of many', accountId, pipelineId, stage: 'Offer', amount: euros(100) };
    for (let i = 0; i < 21; i++) await Promise.all(Array.from({ length: 10 }, async () => server.done('openOpportunity', opening)));
    await server.done('revisePipeline', {
      id: pipelineId,
      stages: dropped,
      moves: [
        { from: 'Offer', to: 'Proposal' },
        { from: 'Negotiation', to: 'Proposal' },
      ],
    });
    const board = async (): Promise<readonly unknown[]> => {
      const { pipelineBoard } = await server.ask<{ readonly pipelineBoard: { readonly nodes: readonly unknown[] } }>(
        `query ($id: ID!, $position: Position) {
          pipelineBoard(where: { pipelineId: { eq: $id }, opportunities: { gt: 0 } }, minPosition: $position) { nodes { version stageName opportunities amount { amount } } }
        }`,
        { id: pipelineId, position: await server.logPosition() },
      );
      return pipelineBoard.nodes;
    };
    // The mutation waits for so many moves only as long as others may be kept waiting.
    while ((await board()).length > 1) await sleep(100);
    expect(await board()).toEqual([{ version: 2, stageName: 'Proposal', opportunities: 210, amount: { amount: '21000' } }]);
  });

  it('is refused while a dropped stage has nowhere to go', async () => {
    const id = await definePipeline(server);
    const revision = { id, stages: dropped };
    const offer = { from: 'Offer', to: 'Proposal' };
    const refusals: readonly (readonly [input: object, code: string, field: string])[] = [
      [revision, 'PIPELINE_STAGE_NEEDS_TARGET', 'moves'],
      [{ ...revision, moves: [offer] }, 'PIPELINE_STAGE_NEEDS_TARGET', 'moves'],
      [{ ...revision, moves: [offer, { from: 'Contacted', to: 'Proposal' }] }, 'PIPELINE_MOVE_UNEXPECTED', 'moves.1.from'],
      [{ ...revision, moves: [offer, { from: 'Negotiation', to: 'Offer' }] }, 'STAGE_UNKNOWN', 'moves.1.to'],
    ];
    for (const [input, code, field] of refusals) {
      expect(await server.command('revisePipeline', input)).toMatchObject({ userErrors: [{ code, path: ['input', ...field.split('.')] }] });
    }
    expect(await server.done('revisePipeline', { id, name: 'Renamed' })).toMatchObject({ revision: 1 });
  });
});
