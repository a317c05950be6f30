import { type LucideIcon, Menu, Repeat, Rewind } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ProcessNode } from '@/lib/process/types';
import classes from './StepView.module.css';

export type Marker = 'loop' | 'parallel' | 'sequential' | 'adHoc' | 'compensation';

const ICONS: Record<Exclude<Marker, 'adHoc'>, LucideIcon> = {
  loop: Repeat,
  parallel: Menu,
  sequential: Menu,
  compensation: Rewind,
};

/** The signs at the bottom of an activity: how it repeats, that its steps need no order, that it undoes another. */
export function markersOf(node: ProcessNode, undoes: boolean): Marker[] {
  const each = node.each as { parallel?: boolean } | undefined;
  return [
    ...(node.loop ? (['loop'] as const) : []),
    ...(each ? [each.parallel === true ? ('parallel' as const) : ('sequential' as const)] : []),
    ...(node.adHoc ? (['adHoc'] as const) : []),
    ...(undoes ? (['compensation'] as const) : []),
  ];
}

export function Markers({ markers }: { markers: readonly Marker[] }) {
  const { t } = useTranslation('designer');
  if (markers.length === 0) return null;
  return (
    <span className={classes.markers}>
      {markers.map((marker) => {
        const Icon = marker === 'adHoc' ? undefined : ICONS[marker];
        return (
          <span key={marker} className={classes.marker} data-marker={marker} title={t(`marker.${marker}`)}>
            {Icon ? <Icon size={12} aria-hidden /> : <span aria-hidden>~</span>}
            <span className="fx-visually-hidden">{t(`marker.${marker}`)}</span>
          </span>
        );
      })}
    </span>
  );
}
