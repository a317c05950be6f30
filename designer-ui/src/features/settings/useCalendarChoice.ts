import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { calendarsQuery, calendarUsesQuery, putCalendarUse } from '@/api/queries/calendars';
import type { JsonSchema } from '@/features/forms';
import { useMay } from '@/features/identity/useSession';

/** Which calendar departments or people go by: a field for their forms, a column for their lists, and saving it. */
export function useCalendarChoice(kind: 'user' | 'department') {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const may = useMay('settings.manage');
  const { data: calendars } = useQuery(calendarsQuery);
  const { data: uses } = useQuery(calendarUsesQuery);
  const all = calendars?.items ?? [];
  const nameOf = (id: string) => {
    const found = all.find((calendar) => calendar.id === id);
    return found && found.id === 'company' && found.rev === 0 ? t('calendars.company') : (found?.name ?? '');
  };
  const ownOf = (id: string) => uses?.items.find((use) => use.id === `${kind}:${id}`)?.calendarId ?? '';
  const field: JsonSchema = {
    title: t('calendars.goesBy'),
    description: t('calendars.goesByHelp'),
    oneOf: all.map(({ id }) => ({ const: id, title: nameOf(id) })),
  };
  return {
    /** The property of the form; nothing for those who may not choose. */
    properties: (may && all.length > 0 ? { calendarId: field } : {}) as Record<string, JsonSchema>,
    initial: (id: string) => (ownOf(id) ? { calendarId: ownOf(id) } : {}),
    shown: (id: string) => nameOf(ownOf(id)),
    save: async (id: string, chosen: unknown) => {
      const calendarId = typeof chosen === 'string' ? chosen : '';
      if (!may || calendarId === ownOf(id)) return;
      await putCalendarUse(kind, id, calendarId);
      await client.invalidateQueries({ queryKey: calendarUsesQuery.queryKey });
    },
  };
}
