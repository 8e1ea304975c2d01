/** Every read model that this program builds. */
import type { Projection } from '../src/kernel/projection.js';
import { accounts } from './parties/accounts.js';
import { contacts } from './parties/contacts.js';
import { leadFunnel } from './sales/lead-funnel.js';
import { leads } from './sales/leads.js';
import { opportunities } from './sales/opportunities.js';
import { pipelineBoard } from './sales/pipeline-board.js';
import { pipelines } from './sales/pipelines.js';
import { salesKpis } from './sales/sales-kpis.js';

export const projections: readonly Projection[] = [
  leads,
  pipelines,
  opportunities,
  accounts,
  contacts,
  pipelineBoard,
  leadFunnel,
  salesKpis,
];
