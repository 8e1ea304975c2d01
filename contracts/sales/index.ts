/** The stream types of sales. */
import { leadEvents } from './lead.js';

export const streamTypes = { lead: leadEvents } as const;
