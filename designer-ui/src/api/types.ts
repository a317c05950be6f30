/** Shapes of the API used by more than one feature. Features keep the rest beside their queries. */

export type Role = 'administrator' | 'designer' | 'operator' | 'member';

export type Permission =
  | 'definitions.view'
  | 'definitions.edit'
  | 'definitions.publish'
  | 'runs.view'
  | 'runs.start'
  | 'runs.operate'
  | 'users.manage'
  | 'settings.manage'
  | 'audit.view'
  | 'crm.edit'
  | 'crm.view'
  | 'pipelines.edit'
  | 'templates.edit'
  | 'tasks.view'
  | 'tasks.complete';

export type User = {
  id: string;
  rev: number;
  login: string;
  name: string;
  email: string;
  title?: string;
  language?: string;
  zone?: string;
  active: boolean;
  departmentId?: string;
  roles: Role[];
  groupIds?: string[] | null;
  avatarColor?: string;
};

export type Session = { user: User; permissions: Permission[]; demo: boolean; setupNeeded: boolean };

export type DemoUser = { login: string; name: string; title: string; role: Role };

export type SessionOptions = { demo: boolean; setupNeeded: boolean; demoUsers?: DemoUser[] };

export type PersonRef = { id: string; name: string };

export type Directory = {
  users: { id: string; name: string; title?: string; departmentId?: string; active: boolean }[];
  groups: { id: string; name: string; memberIds: string[] }[];
  departments: { id: string; name: string; headId?: string; parentId?: string }[];
};

export type FileInfo = {
  id: string;
  name: string;
  type: string;
  size: number;
  createdAt: string;
  createdBy?: string;
  createdByName?: string;
  owner?: string;
  url: string;
};

export type RunStatus = 'active' | 'completed' | 'canceled' | 'failed' | 'quarantined';

export type RunSummary = {
  id: string;
  definitionKey: string;
  definitionName: string;
  version: number;
  status: RunStatus;
  suspended?: boolean;
  incidents: number;
  nodes?: string[];
  recordType?: string;
  recordId?: string;
  recordTitle?: string;
  startedBy?: string;
  startedByName?: string;
  startedAt: string;
  updatedAt?: string;
  endedAt?: string | null;
};

export type NodeStatus = 'idle' | 'running' | 'waiting' | 'timer' | 'done' | 'incident' | 'canceled';

export type NodeState = {
  status: NodeStatus;
  entered: number;
  left: number;
  tokens: number;
  since?: string;
  durationMs?: number;
  people?: PersonRef[];
  incident?: unknown;
};

export type DefinitionSummary = {
  key: string;
  name: string;
  description?: string;
  appliesTo?: string;
  rev: number;
  draftRev: number;
  publishedVersion: number | null;
  publishedAt?: string | null;
  changedAt: string;
  changedBy?: string;
  changedByName?: string;
  hasChanges: boolean;
  activeRuns: number;
  incidents: number;
  enabled: boolean;
};
