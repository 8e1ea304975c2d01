/** How builds are named and compared. */
import { shapeOf, type ReadModelSpec } from '../../kernel/read-model.js';
import type { Build, BuildId, BuildRecord, Progress, Served } from './builds.js';

export const noProgress: Progress = { events: 0, head: 0, rate: 0, positionRate: 0, measuredAt: null, finishedAt: null, error: null };

/** Whether there is a build that answers. */
export function hasBuild(served: Served): served is Build {
  return served.number !== undefined;
}

/** Whether a build has this read model's version and columns. */
export function isOf(record: BuildRecord, model: ReadModelSpec): boolean {
  return record.name === model.name && record.version === model.version && record.shape === shapeOf(model);
}

/** Read model, version and number: `leads@2#3`. */
export function buildName({ name, version, number }: BuildId): string {
  return `${name}@${version}#${number}`;
}

export function idOf({ model: { name, version }, number }: Build): BuildId {
  return { name, version, number };
}
