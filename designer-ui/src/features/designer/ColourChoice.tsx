import { Ban, Check } from 'lucide-react';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { COLOURS, type Colour } from '@/lib/process/notes';
import classes from './Designer.module.css';

interface ColourChoiceProps {
  readonly value: Colour | undefined;
  readonly onChange: (colour: Colour | undefined) => void;
}

/** The colours that authors may give, each with its name for those who do not see it. */
export function ColourChoice({ value, onChange }: ColourChoiceProps) {
  const { t } = useTranslation('designer');
  return (
    <fieldset className={classes.colours} aria-label={t('colour.title')}>
      <button
        type="button"
        className={classes.colour}
        aria-label={t('colour.none')}
        title={t('colour.none')}
        aria-pressed={value === undefined}
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
          aria-pressed={value === colour}
          onClick={() => onChange(colour)}
        >
          {value === colour && <Check size={14} aria-hidden />}
        </button>
      ))}
    </fieldset>
  );
}
