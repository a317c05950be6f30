import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { RunSummary } from '@/api/types';

export type Money = gen.CrmMoney;

export type StageKind = 'normal' | 'success' | 'failure';

export type Stage = Shape<gen.CrmStage, { kind: StageKind }>;

export type Pipeline = Shape<gen.CrmPipeline, { stages: Stage[] }>;

export type DealCard = Shape<gen.CrmCard, { stageSince: string }>;

export type Column = Shape<gen.CrmColumn, { stage: Stage; deals: DealCard[] }>;

export type Board = Shape<gen.CrmBoard, { pipeline: Pipeline; columns: Column[] }>;

export type ProductRow = gen.CrmProductRow;

export type Deal = Shape<gen.DealView, { stageSince: string }>;

export type DealPatch = Shape<gen.CrmDealPatch>;

export type NewDeal = Shape<gen.DealInput>;

export type Moved = Shape<gen.Moved, { deal: Deal; startedRuns: RunSummary[] }>;

export type TimelineEntry = Shape<gen.CrmEntry, { at: string }>;

export type Contact = gen.CrmContact;

export type Company = gen.CrmCompany;
