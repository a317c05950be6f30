import { ActionIcon, Menu } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Ban, Copy, EllipsisVertical, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { recordPath } from '@/lib/records';
import { ConfirmDialog, notifyDone, notifyError, notifyUndo } from '@/ui';
import { deleteDeal, exceptRecord, restoreRecord } from './queries';
import type { Deal } from './types';

const CopyDialog = later(() => import('./CopyDialog').then((module) => module.CopyDialog));

/** What can be done with a whole record: copy it, keep its client out, put it into the bin. */
export function RecordMenu({ record }: { record: Deal }) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayAdd = useMay('crm.add');
  const mayDelete = useMay('crm.delete');
  const [open, setOpen] = useState<'copy' | 'except' | null>(null);
  const leave = () => {
    void client.invalidateQueries({ queryKey: ['board'] });
    void client.invalidateQueries({ queryKey: ['bin'] });
    void navigate({ to: '/crm/$type', params: { type: `${record.type}s` } });
  };

  const remove = useMutation({
    mutationFn: () => deleteDeal(record.type, record.id, record.rev),
    onSuccess: () => {
      leave();
      notifyUndo(t('deal.deletedOne', { title: record.title }), t('common:action.undo'), async () => {
        const restored = await restoreRecord(record.type, record.id);
        client.removeQueries({ queryKey: ['deal', record.id] });
        void client.invalidateQueries({ queryKey: ['board'] });
        notifyDone(t('bin.restored', { title: restored.title }));
        void navigate({ to: recordPath(record.type, record.id) as '/' });
      });
    },
    onError: notifyError,
  });
  const except = useMutation({
    mutationFn: () => exceptRecord(record.type, record.id),
    onSuccess: ({ items }) => {
      setOpen(null);
      leave();
      notifyDone(
        items.length > 0 ? t('exceptions.added', { values: items.join(', ') }) : t('exceptions.addedNothing'),
      );
    },
    onError: notifyError,
  });

  if (!mayAdd && !mayDelete) return null;
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="default" size={32} aria-label={t('deal.more')}>
            <EllipsisVertical size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayAdd && (
            <Menu.Item leftSection={<Copy size={16} aria-hidden />} onClick={() => setOpen('copy')}>
              {t('copy.action')}
            </Menu.Item>
          )}
          {mayDelete && (
            <>
              <Menu.Item leftSection={<Ban size={16} aria-hidden />} onClick={() => setOpen('except')}>
                {t('exceptions.action')}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item
                color="red"
                leftSection={<Trash2 size={16} aria-hidden />}
                disabled={remove.isPending}
                onClick={() => remove.mutate()}
              >
                {t('deal.delete')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Later>{open === 'copy' && <CopyDialog record={record} onClose={() => setOpen(null)} />}</Later>
      <ConfirmDialog
        opened={open === 'except'}
        onClose={() => setOpen(null)}
        danger
        title={t('exceptions.action')}
        text={t('exceptions.confirm', { title: record.title })}
        confirmLabel={t('exceptions.do')}
        busy={except.isPending}
        onConfirm={() => except.mutate()}
      />
    </>
  );
}
