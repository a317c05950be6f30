import type { LucideIcon } from 'lucide-react';
import {
  Bell,
  Bot,
  CalendarClock,
  Clock,
  FileText,
  Flag,
  Mail,
  Play,
  Split,
  SquareCheck,
  StickyNote,
  UserCheck,
  Webhook,
  Workflow,
} from 'lucide-react';

/** Visual family of a node. */
export type KindLook = { color: string; icon: LucideIcon };

export const kindLooks = {
  start: { color: 'var(--fx-kind-start)', icon: Play },
  webhook: { color: 'var(--fx-kind-start)', icon: Webhook },
  mail: { color: 'var(--fx-kind-notification)', icon: Mail },
  schedule: { color: 'var(--fx-kind-start)', icon: CalendarClock },
  task: { color: 'var(--fx-kind-task)', icon: SquareCheck },
  approval: { color: 'var(--fx-kind-approval)', icon: UserCheck },
  notification: { color: 'var(--fx-kind-notification)', icon: Bell },
  document: { color: 'var(--fx-kind-document)', icon: FileText },
  robot: { color: 'var(--fx-kind-robot)', icon: Bot },
  gateway: { color: 'var(--fx-kind-gateway)', icon: Split },
  timer: { color: 'var(--fx-kind-timer)', icon: Clock },
  subprocess: { color: 'var(--fx-kind-subprocess)', icon: Workflow },
  end: { color: 'var(--fx-kind-end)', icon: Flag },
  note: { color: 'var(--fx-text-muted)', icon: StickyNote },
} satisfies Record<string, KindLook>;

export type KindFamily = keyof typeof kindLooks;
