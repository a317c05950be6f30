import { type Ref, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Canvas, type CanvasHandle, ViewLink } from '@/canvas';
import type { KindTable } from '@/lib/process/kinds';
import type { ChangeKind } from '@/lib/process/patches';
import type { ProcessDocument } from '@/lib/process/types';
import classes from './Versions.module.css';

interface SideBySideProps {
  readonly base: ProcessDocument;
  readonly next: ProcessDocument;
  readonly baseName: string;
  readonly nextName: string;
  readonly kinds: KindTable;
  readonly changes: ReadonlyMap<string, ChangeKind>;
  readonly selection: ReadonlySet<string>;
  readonly onSelectionChange: (selection: ReadonlySet<string>) => void;
  readonly ref?: Ref<Pick<CanvasHandle, 'reveal'>>;
}

/** Two states of a process beside each other: panning and zooming one takes the other along. */
export function SideBySide(props: SideBySideProps) {
  const { base, next, kinds, changes, selection, onSelectionChange } = props;
  const { t } = useTranslation('designer');
  const [link] = useState(() => new ViewLink());
  const before = useRef<CanvasHandle>(null);
  const after = useRef<CanvasHandle>(null);
  const [older, newer] = useMemo(() => {
    const without = (kind: ChangeKind) => new Map([...changes].filter(([, change]) => change !== kind));
    return [without('added'), without('removed')];
  }, [changes]);
  useImperativeHandle(
    props.ref,
    () => ({ reveal: (id) => (changes.get(id) === 'removed' ? before : after).current?.reveal(id) }),
    [changes],
  );
  const side = (
    ref: Ref<CanvasHandle>,
    document: ProcessDocument,
    name: string,
    shown: ReadonlyMap<string, ChangeKind>,
  ) => (
    <section className={classes.side} aria-label={name}>
      <h3 className={classes.sideTitle}>{name}</h3>
      <div className={classes.sideCanvas}>
        <Canvas
          ref={ref}
          document={document}
          kinds={kinds}
          label={t('versions.side', { name })}
          selection={selection}
          onSelectionChange={onSelectionChange}
          changes={shown}
          link={link}
        />
      </div>
    </section>
  );
  return (
    <div className={classes.sides}>
      {side(before, base, props.baseName, older)}
      {side(after, next, props.nextName, newer)}
    </div>
  );
}
