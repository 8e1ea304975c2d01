import { describe, it } from '@jest/globals';
import { PipelineDefined, PipelineRetired, PipelineRevised } from '../../contracts/sales/pipeline.js';
import { DefinePipeline, RetirePipeline, RevisePipeline } from '../../src/sales/define-pipeline.js';
import { pipeline } from '../../src/sales/pipeline.js';
import { given } from '../support/domain/given.js';

const contact = { name: 'Contact', probability: 10, expectedDays: 7 };
const demo = { name: 'Demo', probability: 50, expectedDays: null };
const offer = { name: 'Offer', probability: 80, expectedDays: null };
const definition = { name: 'Shops', currency: 'EUR', stages: [contact, demo, offer], lossReasons: ['price', 'no reply'] };
const input = {
  ...definition,
  stages: [contact, { name: 'Demo', probability: 50 }, { name: 'Offer', probability: 80 }],
};
const defined = PipelineDefined({ version: 1, ...definition, ownerId: 'maria' });
const replaced = { version: 1, stages: ['Contact', 'Demo', 'Offer'] };
const retired = PipelineRetired(replaced);

describe('Defining a pipeline', () => {
  it('is its first version', () => {
    given(pipeline, []).when(DefinePipeline, input, { actor: 'maria' }).then([defined]);
  });

  it.each([
    ['no stage', { stages: [] }, 'PIPELINE_WITHOUT_STAGES', 'stages'],
    ['the same stage twice', { stages: [contact, { name: 'CONTÁCT', probability: 20 }] }, 'PIPELINE_STAGE_REPEATED', 'stages.1'],
    ['won as a stage', { stages: [contact, { name: 'Won', probability: 99 }] }, 'PIPELINE_STAGE_RESERVED', 'stages.1.name'],
    ['lost as a stage', { stages: [{ name: 'lost', probability: 1 }] }, 'PIPELINE_STAGE_RESERVED', 'stages.0.name'],
    ['no reason for loss', { lossReasons: [] }, 'PIPELINE_WITHOUT_LOSS_REASONS', 'lossReasons'],
    ['the same reason twice', { lossReasons: ['price', 'Price'] }, 'PIPELINE_LOSS_REASON_REPEATED', 'lossReasons.1'],
  ])('refuses %s', (_, wrong, code, field) => {
    given(pipeline, [])
      .when(DefinePipeline, { ...input, ...wrong })
      .thenRejected(code, field);
  });

  it.each([
    ['stages.0.probability', { stages: [{ name: 'Contact', probability: 0 }] }],
    ['stages.0.probability', { stages: [{ name: 'Contact', probability: 100 }] }],
    ['stages.0.name', { stages: [{ probability: 10 }] }],
    ['stages', { stages: 'Contact' }],
    ['currency', { currency: 'eur' }],
    ['lossReasons.1', { lossReasons: ['price', 7] }],
  ])('names %s when it is wrong', (field, wrong) => {
    given(pipeline, [])
      .whenGiven(DefinePipeline, { ...input, ...wrong })
      .thenInvalid(field);
  });
});

describe('Revising a pipeline', () => {
  it('is a new version with the whole definition', () => {
    given(pipeline, [defined])
      .when(RevisePipeline, { name: 'Web shops', lossReasons: ['price'] })
      .then([PipelineRevised({ version: 2, ...definition, name: 'Web shops', lossReasons: ['price'], replaced, moves: [] })]);
  });

  it('counts versions on', () => {
    const second = PipelineRevised({ version: 2, ...definition, name: 'Web shops', replaced, moves: [] });
    given(pipeline, [defined, second])
      .when(RevisePipeline, { name: 'Shops' })
      .then([PipelineRevised({ version: 3, ...definition, replaced: { ...replaced, version: 2 }, moves: [] })]);
  });

  it('does nothing when nothing changes', () => {
    given(pipeline, [defined]).when(RevisePipeline, { name: 'Shops', stages: input.stages }).then([]);
  });

  it('may add stages and put them in another order', () => {
    const call = { name: 'Call', probability: 30, expectedDays: null };
    given(pipeline, [defined])
      .when(RevisePipeline, { stages: [offer, call, demo, contact].map(({ name, probability }) => ({ name, probability })) })
      .then([
        PipelineRevised({
          version: 2,
          ...definition,
          stages: [offer, call, demo, { ...contact, expectedDays: null }],
          replaced,
          moves: [],
        }),
      ]);
  });

  it('that drops a stage says where the opportunities in it go', () => {
    const stages = [contact, { name: 'Offer', probability: 80 }];
    given(pipeline, [defined]).when(RevisePipeline, { stages }).thenRejected('PIPELINE_STAGE_NEEDS_TARGET', 'moves');
    given(pipeline, [defined])
      .when(RevisePipeline, { stages, moves: [{ from: 'Demo', to: 'offer' }] })
      .then([PipelineRevised({ version: 2, ...definition, stages: [contact, offer], replaced, moves: [{ from: 'Demo', to: 'Offer' }] })]);
  });

  it('takes another spelling for another stage', () => {
    const stages = [contact, { name: 'DEMO', probability: 50 }, { name: 'Offer', probability: 80 }];
    given(pipeline, [defined]).when(RevisePipeline, { stages }).thenRejected('PIPELINE_STAGE_NEEDS_TARGET', 'moves');
    given(pipeline, [defined])
      .when(RevisePipeline, { stages, moves: [{ from: 'Demo', to: 'DEMO' }] })
      .then([
        PipelineRevised({
          version: 2,
          ...definition,
          stages: [contact, { ...demo, name: 'DEMO' }, offer],
          replaced,
          moves: [{ from: 'Demo', to: 'DEMO' }],
        }),
      ]);
  });

  it.each([
    ['out of a stage that stays', [{ from: 'Contact', to: 'Offer' }], 'PIPELINE_MOVE_UNEXPECTED', 'moves.0.from'],
    ['out of a stage that never was', [{ from: 'Signing', to: 'Offer' }], 'PIPELINE_MOVE_UNEXPECTED', 'moves.0.from'],
    [
      'twice out of one stage',
      [
        { from: 'Demo', to: 'Offer' },
        { from: 'Demo', to: 'Contact' },
      ],
      'PIPELINE_MOVE_UNEXPECTED',
      'moves.1.from',
    ],
    ['into a stage that is dropped too', [{ from: 'Demo', to: 'Demo' }], 'STAGE_UNKNOWN', 'moves.0.to'],
  ])('refuses a move %s', (_, moves, code, field) => {
    given(pipeline, [defined])
      .when(RevisePipeline, { stages: [contact, { name: 'Offer', probability: 80 }], moves })
      .thenRejected(code, field);
  });

  it('refuses a move when no stage is dropped, even if nothing else changes', () => {
    given(pipeline, [defined])
      .when(RevisePipeline, { moves: [{ from: 'Demo', to: 'Offer' }] })
      .thenRejected('PIPELINE_MOVE_UNEXPECTED', 'moves.0.from');
  });

  it('keeps the currency', () => {
    given(pipeline, [defined]).whenGiven(RevisePipeline, { currency: 'RON' }).thenInvalid('currency');
  });

  it('is over once the pipeline is retired', () => {
    given(pipeline, [defined, retired]).when(RevisePipeline, { name: 'Web shops' }).thenRejected('PIPELINE_RETIRED');
  });
});

describe('Retiring a pipeline', () => {
  it('tells the stages to which nothing new comes', () => {
    given(pipeline, [defined]).when(RetirePipeline).then([retired]);
  });

  it('happens once', () => {
    given(pipeline, [defined, retired]).when(RetirePipeline).thenRejected('PIPELINE_RETIRED');
  });
});
