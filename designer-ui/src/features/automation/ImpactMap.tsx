import { Modal, Table } from '@mantine/core';
import { RefreshCw, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { StageDot } from '@/features/crm/StageDot';
import classes from './Automation.module.css';
import { useBoard } from './context';
import { impactOf, type Move, type Placed } from './impact';

const WIDTH = 150;
const GAP = 24;
const LINE = 26;

/** The rules of all stages in one picture: where they take records, what they change and read, where they go round. */
export function ImpactMap({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['automation', 'common']);
  const { rules, stages, nameOf, open, dateFields, fieldName } = useBoard();
  const impact = useMemo(() => impactOf(rules), [rules]);
  const stageName = (id: string): string => stages.find((stage) => stage.id === id)?.name ?? id;
  const go = (id: string): void => {
    onClose();
    open(id);
  };
  const list = (places: readonly Placed[]) =>
    places.map(({ entry, stage }) => (
      <button key={entry.id} type="button" className={classes.impactLink} onClick={() => go(entry.id)}>
        {nameOf(entry)} <span>({stageName(stage)})</span>
      </button>
    ));
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside
      size={Math.max(640, stages.length * (WIDTH + GAP) + 60)}
      title={t('impact.title')}
      closeButtonProps={{ 'aria-label': t('common:action.close') }}
    >
      <div className={classes.impact}>
        {impact.looping.size > 0 && (
          <p className={classes.notice} data-tone="error" role="alert">
            <RefreshCw size={14} aria-hidden />{' '}
            {t('impact.loop', { stages: [...impact.looping].map(stageName).join(' → ') })}
          </p>
        )}
        <Picture moves={impact.moves} looping={impact.looping} onChoose={go} />
        {impact.unknown.length > 0 && (
          <p className={classes.notice} data-tone="warning">
            <TriangleAlert size={14} aria-hidden /> {t('impact.unknown')} {list(impact.unknown)}
          </p>
        )}
        {impact.fields.length === 0 ? (
          <p className={classes.hint}>{t('impact.noFields')}</p>
        ) : (
          <Table.ScrollContainer minWidth={420}>
            <Table verticalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('impact.field')}</Table.Th>
                  <Table.Th>{t('impact.changedBy')}</Table.Th>
                  <Table.Th>{t('impact.readBy')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {impact.fields.map(({ field, changes, reads }) => (
                  <Table.Tr key={field} data-field={field}>
                    <Table.Td>
                      {dateFields.find(({ value }) => value === field)?.label ?? fieldName(field)}
                      {changes.length > 1 && (
                        <span className={classes.mark} data-tone="warning">
                          <TriangleAlert size={12} aria-hidden /> {t('impact.several')}
                        </span>
                      )}
                    </Table.Td>
                    <Table.Td>{list(changes)}</Table.Td>
                    <Table.Td>{list(reads)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </div>
    </Modal>
  );
}

/** Stages side by side, and below them an arrow per rule that moves records. */
function Picture(props: {
  moves: readonly Move[];
  looping: ReadonlySet<string>;
  onChoose: (id: string) => void;
}) {
  const { moves, looping, onChoose } = props;
  const { t } = useTranslation('automation');
  const { stages, nameOf } = useBoard();
  const centre = (id: string): number =>
    stages.findIndex((stage) => stage.id === id) * (WIDTH + GAP) + WIDTH / 2;
  const width = stages.length * (WIDTH + GAP) - GAP;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the picture scrolls sideways, also by keyboard.
    <section className={classes.impactPicture} aria-label={t('impact.picture')} tabIndex={0}>
      <div style={{ width, height: 48 + Math.max(1, moves.length) * LINE + 8 }}>
        {stages.map((stage) => (
          <div
            key={stage.id}
            className={classes.impactStage}
            style={{ left: centre(stage.id) - WIDTH / 2, width: WIDTH, borderColor: stage.color }}
            data-loop={looping.has(stage.id) || undefined}
          >
            <StageDot stage={stage} />
            <span>{stage.name}</span>
          </div>
        ))}
        {moves.length === 0 && <p className={classes.impactNone}>{t('impact.noMoves')}</p>}
        {moves.map((move, row) => {
          const to = centre(move.to);
          const from = move.from === undefined ? to - WIDTH / 2 : centre(move.from);
          const left = Math.min(from, to);
          return (
            <button
              key={move.id}
              type="button"
              className={classes.impactMove}
              style={{ left, width: Math.max(Math.abs(to - from), 24), top: 48 + row * LINE }}
              data-back={to < from || undefined}
              data-loop={move.loop || undefined}
              data-trigger={move.from === undefined || undefined}
              onClick={() => onChoose(move.id)}
            >
              <span>{nameOf(move.entry)}</span>
            </button>
          );
        })}
      </div>
    </section>
  );
}
