/** Shapes of the API used by more than one feature, from its description. Features keep the rest beside their queries. */
import type * as gen from './schema.gen';
import type { Shape } from './shape';

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
  | 'crm.add'
  | 'crm.edit'
  | 'crm.delete'
  | 'crm.export'
  | 'crm.view'
  | 'pipelines.edit'
  | 'products.edit'
  | 'automation.view'
  | 'automation.edit'
  | 'templates.edit'
  | 'tasks.view'
  | 'tasks.complete';

export type User = Shape<gen.IdentityUser, { roles: Role[] }>;

export type Session = Shape<gen.SessionView, { user: User; permissions: Permission[] }>;

export type DemoUser = Shape<gen.DemoUser, { role: Role }>;

export type SessionOptions = Shape<gen.SessionOptions, { demoUsers: DemoUser[] }>;

export type PersonRef = gen.RunPerson;

export type Directory = Shape<
  gen.Directory,
  {
    users: gen.LightUser[];
    groups: Shape<gen.LightGroup>[];
    departments: gen.LightDepartment[];
    roles: gen.LightRole[];
  }
>;

export type FileInfo = Shape<gen.FileInfo, { createdAt: string }>;

export type RunStatus = 'active' | 'completed' | 'canceled' | 'failed' | 'quarantined';

export type RunSummary = Shape<gen.RunSummary, { status: RunStatus; startedAt: string }>;

export type NodeStatus = 'idle' | 'running' | 'waiting' | 'timer' | 'done' | 'incident' | 'canceled';

export type NodeState = Shape<gen.RunNodeState, { status: NodeStatus; people: PersonRef[] }>;

export type DefinitionSummary = Shape<gen.DefinitionSummary, { changedAt: string }>;
