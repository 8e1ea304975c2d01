/** Pipeline: the stages that opportunities go through, each with the probability of a win, and the reasons for which they are lost. */
import { z } from 'zod';
import { event, type EventOf } from '../event.js';
import { Currency, UserId } from '../values.js';

/** A stage; its place in the list is its place in the pipeline. Won (100 %) and lost (0 %) are not among the stages. */
export const Stage = z.object({
  name: z.string(),
  /** Of a win, in percent. */
  probability: z.number().int().min(1).max(99),
  /** How long an opportunity should stay at most, in days. */
  expectedDays: z.number().int().min(1).nullable(),
});
export type Stage = z.infer<typeof Stage>;

/** What is always a reason for losing; it asks for a note. */
export const OTHER_REASON = 'other';

const definition = {
  /** 1 as defined; each revision is the next. Opportunities keep the version that they were last moved in. */
  version: z.number().int().min(1),
  name: z.string(),
  currency: Currency,
  stages: z.array(Stage).min(1),
  lossReasons: z.array(z.string()).min(1),
};

export const PipelineDefined = event('PipelineDefined', z.object({ ...definition, owner: UserId }));

/** The whole new definition, the stages that it takes the place of, and where opportunities in dropped stages go. */
export const PipelineRevised = event(
  'PipelineRevised',
  z.object({
    ...definition,
    replaced: z.object({ version: z.number().int().min(1), stages: z.array(z.string()) }),
    moves: z.array(z.object({ from: z.string(), to: z.string() })),
  }),
);

/** No opportunity begins in it any more; those that are in it go on. */
export const PipelineRetired = event('PipelineRetired', z.object({ version: z.number().int().min(1), stages: z.array(z.string()) }));

export const pipelineEvents = [PipelineDefined, PipelineRevised, PipelineRetired] as const;
export type PipelineEvent = EventOf<typeof pipelineEvents>;
