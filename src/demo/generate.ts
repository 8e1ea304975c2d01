/** Two years of the demo company, in order. */
import { derivedId } from '../kernel/derived-id.js';
import { DefinePipeline } from '../sales/define-pipeline.js';
import { MANAGER, PIPELINES, type PipelineName } from './company.js';
import { leadStory, workingTime, type Action } from './lead-story.js';
import { random } from './random.js';

export const DAYS = 730;
const DAY = 86_400_000;
const LEADS = 3_000;

/** An action that can be told from all others: the same one has the same id in every run of the same seed. */
export interface DemoCommand extends Action {
  readonly commandId: string;
}

/**
 * Everything that happened in the two years before a moment, by time. The same seed and moment give the same.
 * @param until in milliseconds since 1970
 */
export function generate(seed: number, until: number): readonly DemoCommand[] {
  const begin = until - DAYS * DAY;
  const idOf = (...parts: readonly string[]): string => derivedId('demo', String(seed), ...parts);
  const pipelineIds = Object.fromEntries(Object.keys(PIPELINES).map((name) => [name, idOf('pipeline', name)])) as Record<
    PipelineName,
    string
  >;

  const commands: DemoCommand[] = Object.entries(PIPELINES).map(([name, { amount: _, ...definition }]) => ({
    at: begin,
    actor: MANAGER,
    command: DefinePipeline,
    commandId: idOf('command', 'pipeline', name),
    input: { id: pipelineIds[name as PipelineName], ...definition },
  }));
  for (let index = 0; index < LEADS; index++) {
    const chance = random(seed * 1_000_003 + index);
    // The company grows: at the end of the two years twice as many leads come in as at the beginning.
    const share = Math.sqrt(1 + 3 * chance.next()) - 1;
    const registeredAt = workingTime(begin + share * DAYS * DAY, chance);
    const actions = leadStory(chance, { id: idOf('lead', String(index)), registeredAt, pipelineIds });
    actions.forEach((action, step) => {
      if (action.at < until) commands.push({ ...action, commandId: idOf('command', 'lead', String(index), String(step)) });
    });
  }
  return commands.sort((a, b) => a.at - b.at);
}
