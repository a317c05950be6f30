import type { RunStatus } from '@/api/types';
import type { Status } from '@/theme/status';

/** How the status of a run looks; an incident stands out whatever the run is doing otherwise. */
export function runLook(run: { status: RunStatus; incidents?: number }): Status {
  if ((run.incidents ?? 0) > 0 && run.status === 'active') return 'failed';
  switch (run.status) {
    case 'active':
      return 'running';
    case 'completed':
      return 'done';
    case 'canceled':
      return 'canceled';
    case 'failed':
    case 'quarantined':
      return 'failed';
  }
}
