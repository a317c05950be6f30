import { Button, Select } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { setCollapsed } from '@/lib/process/edits';
import { FRAME, framesOf } from '@/lib/process/geometry';
import { kindKey } from '@/lib/process/kinds';
import { isOpen } from '@/lib/process/scopes';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { PartForm, type SetProps } from './RepeatEditor';

const FORMS = ['subProcess', 'subTransaction', 'subEvent', 'subAdHoc'] as const;

/** What kind of sub-process it is, its folding, and a way in for the keyboard. */
export function ScopeEditor({ node, onSet }: SetProps) {
  const { t } = useTranslation('designer');
  const { document, kinds, readOnly, run, pick } = useDesigner();
  const open = isOpen(document, node);
  const form = FORMS.find((candidate) => candidate === kindKey(node)) ?? 'subProcess';
  const change = (next: string | null): void => {
    if (next === null || next === form) return;
    onSet('transaction', next === 'subTransaction' ? true : undefined);
    onSet('event', next === 'subEvent' ? true : undefined);
    onSet('adHoc', next === 'subAdHoc' ? {} : undefined);
  };
  const fold = (): void => {
    run(
      { key: open ? 'history.fold' : 'history.open', values: { name: node.name ?? t(`kind.${form}`) } },
      (draft) => setCollapsed(draft, kinds, node.id, open),
      { focus: [node.id] },
    );
  };
  return (
    <section className={classes.block} aria-label={t('scope.title')}>
      <Select
        label={t('scope.title')}
        description={t(`kindHelp.${form}`)}
        value={form}
        data={FORMS.map((value) => ({ value, label: t(`kind.${value}`) }))}
        allowDeselect={false}
        readOnly={readOnly}
        onChange={change}
      />
      {form === 'subAdHoc' && <PartForm node={node} part="adHoc" onSet={onSet} />}
      {!readOnly && (
        <div className={classes.rowActions}>
          {open && (
            <Button
              size="xs"
              variant="default"
              leftSection={<Plus size={14} aria-hidden />}
              onClick={(event) => {
                const frame = framesOf(kinds, document).get(node.id);
                const box = event.currentTarget.getBoundingClientRect();
                pick({
                  anchor: { x: box.left, y: box.bottom },
                  at: [(frame?.x ?? 0) + FRAME.side, (frame?.y ?? 0) + FRAME.top],
                  parent: node.id,
                });
              }}
            >
              {t('scope.addInside')}
            </Button>
          )}
          <Button size="xs" variant="default" aria-expanded={open} onClick={fold}>
            {t(open ? 'scope.fold' : 'scope.open')}
          </Button>
        </div>
      )}
    </section>
  );
}
