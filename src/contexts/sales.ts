import { leadFunnel } from '../../projections/sales/lead-funnel.js';
import { leads } from '../../projections/sales/leads.js';
import { opportunities } from '../../projections/sales/opportunities.js';
import { pipelineBoard } from '../../projections/sales/pipeline-board.js';
import { pipelines } from '../../projections/sales/pipelines.js';
import { salesKpis } from '../../projections/sales/sales-kpis.js';
import type { Context } from '../kernel/context.js';
import { leadConversion } from '../sales/policies/lead-conversion.js';
import { personErasure } from '../sales/policies/person-erasure.js';
import { stageMoves } from '../sales/policies/stage-moves.js';
import { LoseOpportunity, ReopenOpportunity, WinOpportunity } from '../sales/close-opportunity.js';
import { ConvertLead } from '../sales/convert-lead.js';
import { DefinePipeline, RetirePipeline, RevisePipeline } from '../sales/define-pipeline.js';
import { AssignLead, EraseConvertedLead, EraseLead, lead, RegisterLead, ReviseLead } from '../sales/lead.js';
import { LeaveDroppedStage } from '../sales/leave-dropped-stage.js';
import {
  AdvanceOpportunity,
  AssignOpportunity,
  EraseOpportunityText,
  OpenOpportunity,
  opportunity,
  ReviseOpportunity,
} from '../sales/opportunity.js';
import { pipeline } from '../sales/pipeline.js';
import { DisqualifyLead, QualifyLead, ReopenLead } from '../sales/qualify-lead.js';
import { salesCodes } from '../sales/rejections.js';

/** Leads, pipelines and opportunities. */
export const sales: Context = {
  name: 'sales',
  records: [lead, pipeline, opportunity],
  commands: [
    RegisterLead,
    ReviseLead,
    AssignLead,
    QualifyLead,
    DisqualifyLead,
    ReopenLead,
    ConvertLead,
    EraseLead,
    EraseConvertedLead,
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
    LeaveDroppedStage,
    EraseOpportunityText,
  ],
  projections: [leads, pipelines, opportunities, pipelineBoard, leadFunnel, salesKpis],
  policies: [leadConversion, stageMoves, personErasure],
  codes: salesCodes,
};
