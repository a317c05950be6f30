import { useTranslation } from 'react-i18next';
import type { MigrationFinding, Outcome } from './api';

const reasons = [
  'token_gone',
  'node_unknown',
  'other_scope',
  'flow_needed',
  'flow_unknown',
  'port_needed',
  'scope_gone',
  'no_token_parked',
  'run_ended',
  'not_started',
  'not_at_rest',
  'not_executable',
  'same_version',
  'node_missing',
  'node_differs',
  'port_missing',
  'flow_missing',
  'wait_dropped',
  'wait_opened',
  'no_incident',
  'incident_closed',
  'several_incidents',
  'is_suspended',
  'not_suspended',
  'state_unreadable',
  'kept_until_resume',
  'no_room',
  'run_gone',
  'not_held',
  'event_gone',
  'one_only',
  'scope_closed',
  'several_scopes',
  'too_many_tokens',
  'not_in_plan',
  'plan_size',
  'refused',
] as const;

type Reason = (typeof reasons)[number];
const known = (code: string): code is Reason => reasons.includes(code as Reason);

/** Verdicts and their reasons in the reader's language. */
export function useWords() {
  const { t } = useTranslation('repair');
  const why = (outcome: Pick<Outcome, 'why' | 'message'>): string => {
    if (outcome.why && known(outcome.why)) return t(`why.${outcome.why}`);
    return outcome.message ?? outcome.why ?? '';
  };
  const finding = (found: MigrationFinding, nameOf: (node: string) => string): string =>
    [found.node && nameOf(found.node), why({ why: found.code }), found.name].filter(Boolean).join(' · ');
  return { why, finding };
}
