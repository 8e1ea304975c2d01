/** Pipelines: one document each, with its definition as it is now. */
import type { PipelineEvent, Stage } from '../../contracts/sales/pipeline.js';
import { Choice, Currency, Int, List, Nested, Text } from '../../src/kernel/field-type.js';
import { Column, ReadModel } from '../../src/kernel/read-model.js';
import { RecordDocument, recordProjection } from '../../src/kernel/record-document.js';

const PipelineStatus = ['active', 'retired'] as const;

/** A stage, in its place in the list. */
class PipelineStage {
  @Column(Text(100))
  readonly name!: string;

  @Column(Int(1, 99), { description: 'Of a win, in percent.' })
  readonly probability!: number;

  @Column(Int(1), { optional: true, description: 'How long an opportunity should stay at most, in days.' })
  readonly expectedDays!: number | null;
}

@ReadModel('pipelines', { version: 1, one: 'pipeline', record: 'pipeline' })
class PipelineDocument extends RecordDocument {
  @Column(Text(100), { search: true, sort: true })
  readonly name!: string;

  @Column(Choice('PipelineStatus', PipelineStatus), { filter: true })
  readonly status!: (typeof PipelineStatus)[number];

  @Column(Int(1), { description: 'Raised by each revision; opportunities keep the version that they were last moved in.' })
  readonly version!: number;

  @Column(Currency)
  readonly currency!: string;

  @Column(
    List(
      Nested(() => PipelineStage),
      50,
    ),
  )
  readonly stages!: readonly Stage[];

  @Column(List(Text(100), 100), { description: 'Besides "other", which is always allowed and asks for a note.' })
  readonly lossReasons!: readonly string[];
}

export const pipelines = recordProjection<PipelineDocument, PipelineEvent>(PipelineDocument, {
  PipelineDefined: (_, { data: { owner, name, version, currency, stages, lossReasons } }) => ({
    owner,
    name,
    status: 'active',
    version,
    currency,
    stages,
    lossReasons,
  }),
  PipelineRevised: (pipeline, { data: { name, version, stages, lossReasons } }) => ({ ...pipeline, name, version, stages, lossReasons }),
  PipelineRetired: (pipeline) => ({ ...pipeline, status: 'retired' }),
});
