import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { useMay } from '@/features/identity/useSession';
import { formatDateTime } from '@/lib/format';
import classes from '../SchemaForm.module.css';

/** Whose these are is only known in a run. */
const OF_A_RUN = new Set(['responsible', 'assignee']);

/** When a span that begins now would end, by the calendar that it goes by. */
export function DurationEnd({ value, calendar }: { value: unknown; calendar: string | undefined }) {
  const { t } = useTranslation();
  const mayDesign = useMay('definitions.edit');
  const [after] = useDebouncedValue(value, 300);
  const { data } = useQuery({
    queryKey: ['span-end', after],
    queryFn: ({ signal }) =>
      api.post<gen.SchedulePreview>('/schedules/preview', { timer: { after } }, { signal }),
    enabled: mayDesign && !(calendar !== undefined && OF_A_RUN.has(calendar)),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
  });
  const end = data?.firings?.[0]?.at;
  if (!end) return null;
  return (
    <p className={classes.end} data-span-end>
      {t('form.until', { when: formatDateTime(end) })}
    </p>
  );
}
