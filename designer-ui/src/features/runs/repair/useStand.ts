import { useTranslation } from 'react-i18next';
import type { Stand } from './api';

/** Where an instance stands, in words: its steps, or how it ended, and what is to be known besides. */
export function useStand() {
  const { t } = useTranslation(['repair', 'runs']);
  return (stand: Stand, nameOf: (node: string) => string): string => {
    const places = stand.names ?? stand.nodes.map(nameOf);
    const parts =
      stand.status === 'active' || stand.status === 'quarantined'
        ? [places.join(', ') || t('repair:stand.between')]
        : [t(`runs:state.${stand.status}`)];
    if (stand.status === 'quarantined') parts.push(t('runs:state.quarantined'));
    if (stand.suspended) parts.push(t('repair:stand.suspended'));
    if (stand.incidents > 0) parts.push(t('runs:state.incidents', { count: stand.incidents }));
    return parts.join(' · ');
  };
}
