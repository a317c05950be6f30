import { Button, Select, TextInput } from '@mantine/core';
import { Trash2, Ungroup } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { indexOf } from '@/lib/process/document';
import { renameGroup, setNoteText, tieNote } from '@/lib/process/edits';
import { COLOURS, type Colour, colourOf } from '@/lib/process/notes';
import type { Group, Note } from '@/lib/process/types';
import { GrowingTextarea } from '@/ui/GrowingTextarea';
import { ColourChoice } from '../ColourChoice';
import classes from '../Designer.module.css';
import { useDesigner } from '../DesignerContext';
import { paint } from '../paint';
import { elementName } from '../texts';

/** The colour of elements, when all have the same. */
export function ColourField({ ids }: { ids: Iterable<string> }) {
  const { t } = useTranslation('designer');
  const designer = useDesigner();
  if (designer.readOnly) return null;
  const used = new Set([...ids].map((id) => colourOf(designer.document, id)));
  const value: Colour | undefined = COLOURS.find((colour) => used.size === 1 && used.has(colour));
  return (
    <section className={classes.block}>
      <h3 className={classes.blockTitle}>{t('colour.title')}</h3>
      <ColourChoice value={value} onChange={(colour) => paint(designer, ids, colour)} />
    </section>
  );
}

export function NoteInspector({ note }: { note: Note }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, run, readOnly, actions } = useDesigner();
  return (
    <div className={classes.inspectorBody}>
      <h2 className={classes.panelTitle}>{t('note.title')}</h2>
      <GrowingTextarea
        label={t('note.text')}
        description={t('note.help')}
        minRows={4}
        maxRows={16}
        maxLength={10_000}
        value={note.text}
        readOnly={readOnly}
        onChange={(event) => {
          const text = event.currentTarget.value;
          run({ key: 'history.noteText' }, (draft) => setNoteText(draft, note.id, text), {
            merge: `note:${note.id}`,
            focus: [note.id],
          });
        }}
      />
      <Select
        label={t('note.about')}
        placeholder={t('note.aboutNothing')}
        clearable
        searchable
        value={note.node ?? null}
        data={document.nodes.map(({ id }) => ({
          value: id,
          label: elementName(t, kinds, i18n.language, document, id),
        }))}
        readOnly={readOnly}
        onChange={(id) =>
          run({ key: 'history.noteTie' }, (draft) => tieNote(draft, note.id, id ?? undefined), {
            focus: [note.id],
          })
        }
      />
      <ColourField ids={[note.id]} />
      {!readOnly && (
        <div className={classes.rowActions}>
          <Button
            variant="default"
            leftSection={<Trash2 size={15} aria-hidden />}
            onClick={() => actions.remove(true)}
          >
            {t('command.delete')}
          </Button>
        </div>
      )}
    </div>
  );
}

export function GroupInspector({ group }: { group: Group }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, run, readOnly, select, actions } = useDesigner();
  const { nodes } = indexOf(document);
  return (
    <div className={classes.inspectorBody}>
      <h2 className={classes.panelTitle}>{t('group.title')}</h2>
      <TextInput
        label={t('group.name')}
        required
        maxLength={200}
        value={group.name ?? ''}
        error={group.name ? undefined : t('group.nameMissing')}
        readOnly={readOnly}
        onChange={(event) => {
          const name = event.currentTarget.value;
          run({ key: 'history.groupName' }, (draft) => renameGroup(draft, group.id, name), {
            merge: `group:${group.id}`,
            focus: [group.id],
          });
        }}
      />
      <ColourField ids={[group.id]} />
      <section className={classes.block} aria-label={t('group.steps')}>
        <h3 className={classes.blockTitle}>{t('group.steps')}</h3>
        {(group.nodes ?? [])
          .filter((id) => nodes.has(id))
          .map((id) => (
            <button
              key={id}
              type="button"
              className={classes.listRow}
              onClick={() => select([id], { reveal: true })}
            >
              {elementName(t, kinds, i18n.language, document, id)}
            </button>
          ))}
      </section>
      {!readOnly && (
        <div className={classes.rowActions}>
          <Button variant="default" leftSection={<Ungroup size={15} aria-hidden />} onClick={actions.ungroup}>
            {t('command.ungroup')}
          </Button>
        </div>
      )}
    </div>
  );
}
