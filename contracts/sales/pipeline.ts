/** Pipeline: the stages of opportunities, each with its win probability, and the loss reasons. */
import { event } from '../event.js';
import { Choice, Currency, Int, List, Nested, Text, User, type Of } from '../fields/index.js';

/** The name of a stage. */
export const StageName = Text(100).open("It is a step of the company's own process.");

/** The reason of a loss. */
export const LossReason = Text(100).open('Reports count by it; it is one of a list.');

const stage = {
  name: StageName.describe('Unique in the pipeline, ignoring case and accents.'),
  probability: Int(1, 99).describe('The win probability in percent. Won (100) and lost (0) are not stages.'),
  expectedDays: Int(1, 3650).optional().describe('The maximum time that an opportunity should stay in the stage, in days.'),
};

/** A stage. The order of the list is the order in the pipeline. */
export const Stage = Nested('PipelineStage', 'A stage of a pipeline.', stage);
export type Stage = Of<typeof stage>;

/** A loss reason of every pipeline. It requires a note. */
export const OTHER_REASON = 'other';

export const PipelineStatus = Choice('PipelineStatus', 'Whether opportunities may begin in a pipeline.', {
  active: 'New opportunities may begin in it.',
  retired: 'Only the opportunities that are in it go on.',
});

/** The target of the opportunities in a dropped stage. */
export const StageMove = Nested('StageMove', 'The target of the opportunities in a dropped stage.', {
  from: StageName.describe('The dropped stage.'),
  to: StageName.describe('A stage of the new version.'),
});

export const pipeline = {
  name: Text(100).open("It is the name of the company's own process.").describe('The name of the pipeline.'),
  currency: Currency.describe("The currency of all amounts in the pipeline. It can't be changed."),
  stages: List(Stage, 50).describe('The stages in order, at least one.'),
  lossReasons: List(LossReason, 100).describe('The loss reasons, at least one. "other" is always allowed as well, and requires a note.'),
};

const Version = Int(1).describe('1 at first; each revision adds 1. Opportunities keep the version of their last move.');

export const PipelineDefined = event('PipelineDefined', 'A pipeline was defined.', { ...pipeline, version: Version, ownerId: User });

export const PipelineRevised = event('PipelineRevised', 'A pipeline has a new version, with all its data.', {
  ...pipeline,
  version: Version,
  replaced: Nested('ReplacedStages', 'The version that this one replaces.', { version: Version, stages: List(StageName, 50) }),
  moves: List(StageMove, 50),
});

export const PipelineRetired = event('PipelineRetired', 'A pipeline was closed to new opportunities; existing ones continue.', {
  version: Version,
  stages: List(StageName, 50),
});

export const pipelineEvents = [PipelineDefined, PipelineRevised, PipelineRetired] as const;
export type Pipeline = Of<typeof pipeline> & { readonly status: 'active' | 'retired'; readonly version: number; readonly ownerId: string };
