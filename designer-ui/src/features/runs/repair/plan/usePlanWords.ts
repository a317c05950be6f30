import { useTranslation } from 'react-i18next';
import type { Planned } from './usePlan';

/** A planned change in one sentence. */
export function usePlanWords(nameOf: (node: string) => string) {
  const { t } = useTranslation('repair');
  return ({ wish, at }: Planned): string => {
    const node = nameOf(at ?? wish.node ?? '');
    switch (wish.action) {
      case 'move': {
        if (wish.to === wish.node) return t('plan.step.pass', { node });
        const names = { from: nameOf(wish.node ?? ''), to: nameOf(wish.to ?? '') };
        return wish.place === 'after' ? t('plan.step.moveAfter', names) : t('plan.step.move', names);
      }
      case 'skip':
        return t('plan.step.pass', { node });
      case 'place':
        return t('plan.step.place', { node });
      case 'retry':
        return t('plan.step.retry', { node });
      case 'cancelScope':
        return t('plan.step.cancelScope', { node });
      case 'fire':
        return t('plan.step.fire', { node });
      default:
        return t('plan.step.setVariables', { names: Object.keys(wish.variables ?? {}).join(', ') });
    }
  };
}
