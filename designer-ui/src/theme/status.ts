import type { LucideIcon } from 'lucide-react';
import {
  Ban,
  Circle,
  CircleCheck,
  CircleDashed,
  Clock,
  History,
  LoaderCircle,
  SkipForward,
  TriangleAlert,
  UserRound,
} from 'lucide-react';

/** What a node, a run or a task is doing. Every status has an icon and a text besides its colour. */
export type Status =
  | 'idle'
  | 'running'
  | 'waitingPerson'
  | 'waitingTimer'
  | 'done'
  | 'failed'
  | 'canceled'
  | 'skipped'
  | 'stale';

export type StatusLook = {
  color: string;
  icon: LucideIcon;
  border: 'solid' | 'dashed' | 'dotted';
  width: 1 | 2;
};

export const statusLooks: Record<Status, StatusLook> = {
  idle: { color: 'var(--fx-status-idle)', icon: Circle, border: 'solid', width: 1 },
  running: { color: 'var(--fx-status-running)', icon: LoaderCircle, border: 'solid', width: 2 },
  waitingPerson: { color: 'var(--fx-status-waiting)', icon: UserRound, border: 'solid', width: 2 },
  waitingTimer: { color: 'var(--fx-status-waiting)', icon: Clock, border: 'solid', width: 2 },
  done: { color: 'var(--fx-status-done)', icon: CircleCheck, border: 'solid', width: 1 },
  failed: { color: 'var(--fx-status-failed)', icon: TriangleAlert, border: 'dashed', width: 2 },
  canceled: { color: 'var(--fx-status-canceled)', icon: Ban, border: 'dotted', width: 1 },
  skipped: { color: 'var(--fx-status-canceled)', icon: SkipForward, border: 'dotted', width: 1 },
  stale: { color: 'var(--fx-status-idle)', icon: CircleDashed, border: 'dashed', width: 1 },
};

/** Icon of a status whose live data is paused. */
export const pausedIcon: LucideIcon = History;

/** Statuses that nothing changes any more. */
export const isFinal = (status: Status): boolean =>
  status === 'done' || status === 'canceled' || status === 'skipped' || status === 'idle';
