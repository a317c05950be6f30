import { Ban, Check } from 'lucide-react';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { COLOURS, type Colour } from '@/lib/process/notes';
import classes from './Designer.module.css';

interface ColourChoiceProps {
  readonly value: Colour | undefined;
  readonly onChange: (colour: Colour | undefined) => void;
  /** Inside a menu the choices are its items. */
  readonly inMenu?: boolean;
}

/** The colours that authors may give, each with its name for those who do not see it. */
export function ColourChoice({ value, onChange, inMenu = false }: ColourChoiceProps) {
  const { t } = useTranslation('designer');
  const state = (on: boolean) =>
    inMenu ? { role: 'menuitemradio', 'aria-checked': on } : { 'aria-pressed': on };
  return (
    <fieldset className={classes.colours} data-colours aria-label={t('colour.title')}>
      <button
        type="button"
        className={classes.colour}
        aria-label={t('colour.none')}
        title={t('colour.none')}
        data-on={value === undefined || undefined}
        {...state(value === undefined)}
        onClick={() => onChange(undefined)}
      >
        <Ban size={14} aria-hidden />
      </button>
      {COLOURS.map((colour) => (
        <button
          key={colour}
          type="button"
          className={classes.colour}
          style={{ '--colour': `var(--fx-colour-${colour})` } as CSSProperties}
          aria-label={t(`colour.${colour}`)}
          title={t(`colour.${colour}`)}
          data-on={value === colour || undefined}
          {...state(value === colour)}
          onClick={() => onChange(colour)}
        >
          {value === colour && <Check size={14} aria-hidden />}
        </button>
      ))}
    </fieldset>
  );
}
