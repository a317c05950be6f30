import type { RunSummary } from '@/api/types';

export type Money = { amount: number; currency: string };

export type StageKind = 'normal' | 'success' | 'failure';

export type Stage = { id: string; name: string; color: string; kind: StageKind };

export type Pipeline = { id: string; rev: number; key: string; name: string; stages: Stage[] };

export type DealCard = {
  id: string;
  rev: number;
  title: string;
  stageId: string;
  stageSince: string;
  companyName?: string;
  contactName?: string;
  responsibleId?: string;
  responsibleName?: string;
  amount: number;
  currency: string;
  expectedCloseAt?: string | null;
};

export type Column = {
  stage: Stage;
  count: number;
  sum: Money;
  sums: Money[];
  deals: DealCard[];
  next?: string;
};

export type Board = { pipeline: Pipeline; columns: Column[] };

export type ProductRow = {
  name: string;
  quantity: string;
  price: Money;
  discountPercent?: string;
  taxPercent?: string;
  total?: Money;
};

export type Deal = DealCard & {
  pipelineId: string;
  companyId?: string;
  contactId?: string;
  products: ProductRow[];
  comment?: string;
  custom?: Record<string, unknown>;
  createdAt: string;
  updatedAt: string;
  activeRuns?: number;
};

export type DealPatch = {
  title?: string;
  companyId?: string;
  contactId?: string;
  responsibleId?: string;
  amount?: number;
  currency?: string;
  expectedCloseAt?: string;
  products?: ProductRow[];
  comment?: string;
};

export type Moved = { deal: Deal; startedRuns: RunSummary[] };

export type TimelineEntry = {
  id: string;
  at: string;
  kind: string;
  actor?: string;
  actorName?: string;
  run?: string;
  text?: string;
  data?: Record<string, unknown>;
};

export type Contact = {
  id: string;
  rev: number;
  name: string;
  firstName: string;
  lastName: string;
  email?: string;
  phone?: string;
  position?: string;
  companyId?: string;
};

export type Company = {
  id: string;
  rev: number;
  name: string;
  email?: string;
  phone?: string;
  address?: string;
  taxId?: string;
};
