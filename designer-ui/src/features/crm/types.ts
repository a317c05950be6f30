import type * as gen from '@/api/schema.gen';
import type { Shape } from '@/api/shape';
import type { RunSummary } from '@/api/types';

export type Money = gen.CrmMoney;

export type StageKind = 'normal' | 'success' | 'failure';

export type Stage = Shape<gen.CrmStage, { kind: StageKind }>;

export type Pipeline = Shape<gen.CrmPipeline, { stages: Stage[] }>;

/** A staged record of any type; the name is from when there were only deals. */
export type DealCard = Shape<gen.CrmCard, { stageSince: string }>;

export type Column = Shape<gen.CrmColumn, { stage: Stage; records: DealCard[] }>;

export type Board = Shape<gen.CrmBoard, { pipeline: Pipeline; columns: Column[] }>;

export type ProductRow = gen.CrmProductRow;

export type Deal = Shape<gen.RecordView, { stageSince: string }>;

export type DealPatch = Shape<gen.CrmRecordPatch>;

export type NewDeal = Shape<gen.RecordInput>;

export type Moved = Shape<gen.Moved, { record: Deal; startedRuns: RunSummary[] }>;

export type TimelineEntry = Shape<gen.CrmEntry, { at: string }>;

export type Contact = gen.CrmContact;

export type Company = gen.CrmCompany;
