/** The commands of the demo company's two years, in order of time. */
import { DAY_MS } from '../kernel/calendar.js';
import { derivedId } from '../kernel/derived-id.js';
import { DefinePipeline } from '../sales/define-pipeline.js';
import { MANAGER, PIPELINES, type PipelineName } from './company.js';
import { leadLifecycle, workingTime, type Action } from './lead-lifecycle.js';
import { random } from './random.js';

export const DAYS = 730;
const LEADS = 3_000;

/** An action with an id that is the same in every run with the same seed. */
export interface DemoCommand extends Action {
  readonly commandId: string;
}

/**
 * The commands of two years, in order of time. The same arguments give the same commands.
 * @param until the end of the two years, in milliseconds since 1970
 */
export function generate(seed: number, until: number): readonly DemoCommand[] {
  const begin = until - DAYS * DAY_MS;
  const idOf = (...parts: readonly string[]): string => derivedId('demo', String(seed), ...parts);
  const pipelineIds = Object.fromEntries(Object.keys(PIPELINES).map((name) => [name, idOf('pipeline', name)])) as Record<
    PipelineName,
    string
  >;

  const commands: DemoCommand[] = Object.entries(PIPELINES).map(([name, { amount: _, ...definition }]) => ({
    at: begin,
    actor: MANAGER,
    command: DefinePipeline({ id: pipelineIds[name as PipelineName], ...definition }),
    commandId: idOf('command', 'pipeline', name),
  }));
  for (let index = 0; index < LEADS; index++) {
    const chance = random(seed * 1_000_003 + index);
    // The company grows: it gets twice as many leads at the end of the two years as at the beginning.
    const share = Math.sqrt(1 + 3 * chance.next()) - 1;
    const registeredAt = workingTime(begin + share * DAYS * DAY_MS, chance);
    const actions = leadLifecycle(chance, { id: idOf('lead', String(index)), registeredAt, pipelineIds });
    actions.forEach((action, step) => {
      if (action.at < until) commands.push({ ...action, commandId: idOf('command', 'lead', String(index), String(step)) });
    });
  }
  return commands.sort((a, b) => a.at - b.at);
}
