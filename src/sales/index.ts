/** Leads, pipelines and opportunities: what may be asked of them. */
import type { Aggregate } from '../kernel/aggregate.js';
import type { CommandClass } from '../kernel/command.js';
import { LoseOpportunity, ReopenOpportunity, WinOpportunity } from './close-opportunity.js';
import { ConvertLead } from './convert-lead.js';
import { DefinePipeline, RetirePipeline, RevisePipeline } from './define-pipeline.js';
import { AssignLead, lead, RegisterLead, ReviseLead } from './lead.js';
import { AdvanceOpportunity, AssignOpportunity, OpenOpportunity, opportunity, ReviseOpportunity } from './opportunity.js';
import { pipeline } from './pipeline.js';
import { DisqualifyLead, QualifyLead, ReopenLead } from './qualify-lead.js';

export const aggregates = [lead, pipeline, opportunity] as unknown as readonly Aggregate<unknown, never>[];

export const commands: readonly CommandClass[] = [
  RegisterLead,
  ReviseLead,
  AssignLead,
  QualifyLead,
  DisqualifyLead,
  ReopenLead,
  ConvertLead,
  DefinePipeline,
  RevisePipeline,
  RetirePipeline,
  OpenOpportunity,
  ReviseOpportunity,
  AssignOpportunity,
  AdvanceOpportunity,
  WinOpportunity,
  LoseOpportunity,
  ReopenOpportunity,
];
