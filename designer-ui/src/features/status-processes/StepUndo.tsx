import { Button } from '@mantine/core';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Later, later } from '@/lib/later';
import type { Step, Template } from './api';

const ProcessUndo = later(() => import('./ProcessUndo').then((module) => module.ProcessUndo), 'automation');

/** Asks what a step has done; one that has never been in use has done nothing. */
export function StepUndo({ template, step }: { template: Template; step: Step }) {
  const { t } = useTranslation('automation');
  const [open, setOpen] = useState(false);
  if (!template.process.version) return null;
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        style={{ alignSelf: 'flex-start', flexShrink: 0 }}
        leftSection={<Undo2 size={14} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {t('undo.open')}
      </Button>
      <Later>{open && <ProcessUndo template={template} step={step} onClose={() => setOpen(false)} />}</Later>
    </>
  );
}
