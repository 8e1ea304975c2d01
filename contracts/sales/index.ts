/** The stream types of sales. */
import { leadEvents } from './lead.js';
import { opportunityEvents } from './opportunity.js';
import { pipelineEvents } from './pipeline.js';

export const streamTypes = { lead: leadEvents, opportunity: opportunityEvents, pipeline: pipelineEvents } as const;
