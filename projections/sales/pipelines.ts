/** The list of pipelines. */
import { Int, User } from '../../contracts/fields/index.js';
import { pipeline as fields, PipelineStatus } from '../../contracts/sales/pipeline.js';
import { list } from '../../src/kernel/list.js';
import { pipeline } from '../../src/sales/pipeline.js';

export const pipelines = list('pipelines', pipeline, {
  version: 1,
  description: 'The stages of opportunities, and the loss reasons.',
  columns: {
    ...fields,
    status: PipelineStatus,
    version: Int(1).describe('Raised by each revision. Opportunities keep the version of their last move.'),
    ownerId: User.describe('The owner.'),
  },
  filter: ['status', 'ownerId'],
  sort: ['name'],
  search: ['name'],
  dimension: ['ownerId'],
});
