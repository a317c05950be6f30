import { Alert, Anchor, Button, Group, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { UserRoundCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, type Page } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import { isStaged, recordPath } from '@/lib/records';
import { each } from './ownFields';

export type Match = gen.CrmMatch;

type KnownAlreadyProps = {
  /** Addresses and numbers as they are typed, one or several. */
  emails: unknown;
  phones: unknown;
  /** What is being edited is no surprise. */
  except?: string;
  /** Takes the one who is known instead; only for the types that can be taken. */
  take?: Partial<Record<'contact' | 'company' | 'lead', (match: Match) => void>>;
};

/** Half an address finds nobody, so nothing is asked about it. */
const askable = (texts: unknown, is: RegExp) =>
  each(texts)
    .map((text) => String(text).trim())
    .filter((text) => is.test(text))
    .slice(0, 5);

/** Warns while a client is typed who is known already by the same address or number. */
export function KnownAlready({ emails, phones, except, take = {} }: KnownAlreadyProps) {
  const { t } = useTranslation('crm');
  const typed = JSON.stringify({
    email: askable(emails, /^[^@\s]+@[^@\s]+\.[^@\s]{2,}$/),
    phone: askable(phones, /(\d\D*){6}/),
  });
  const [settled] = useDebouncedValue(typed, 300);
  const asked = JSON.parse(settled) as { email: string[]; phone: string[] };
  const { data } = useQuery({
    queryKey: ['matches', settled],
    queryFn: ({ signal }) => api.get<Page<Match>>('/matches', asked, signal),
    enabled: asked.email.length + asked.phone.length > 0,
    staleTime: 10_000,
  });
  const found = (settled === typed ? (data?.items ?? []) : []).filter(({ id }) => id !== except);
  return (
    <div role="status">
      {found.length > 0 && (
        <Alert
          color="yellow"
          variant="light"
          icon={<UserRoundCheck size={18} aria-hidden />}
          title={t('known.title')}
        >
          {found.slice(0, 5).map((match) => {
            const onTake = take[match.type as 'contact'];
            return (
              <Group key={match.id} gap="xs" justify="space-between">
                <Text size="sm">
                  <Anchor component={Link} to={pathOf(match)} target="_blank" c="inherit" underline="always">
                    {match.name}
                  </Anchor>
                  {` · ${t(`known.type.${match.type as 'contact'}`)} · ${[match.email, match.phone].filter(Boolean).join(' · ')}`}
                </Text>
                {onTake && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`${t('known.take')}: ${match.name}`}
                    onClick={() => onTake(match)}
                  >
                    {t('known.take')}
                  </Button>
                )}
              </Group>
            );
          })}
        </Alert>
      )}
    </div>
  );
}

/** Contacts and companies have no page of their own: their list opens on them. */
const pathOf = ({ type, id, name }: Match) =>
  isStaged(type)
    ? recordPath(type, id)
    : `/crm/${type === 'company' ? 'companies' : 'contacts'}?q=${encodeURIComponent(name)}`;
