import { Button, Group, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { errorText } from '@/ui';
import classes from './Contacts.module.css';
import { fieldErrors } from './fields';
import { KnownAlready } from './KnownAlready';
import { useFoundParties } from './PartySelect';
import type { Contact } from './types';

type AddContactProps = {
  companyId: string | undefined;
  /** Contacts that are there already. */
  there: readonly string[];
  onAdd: (id: string) => void;
  onClose: () => void;
};

const NEW = 'new:';

/** Finds a contact by name, e-mail or phone, or makes one of what was typed. */
export function AddContact({ companyId, there, onAdd, onClose }: AddContactProps) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [text, setText] = useState('');
  const found = useFoundParties('contacts', text).filter(({ value }) => !there.includes(value));
  const [making, setMaking] = useState<Partial<Contact> | null>(null);
  const make = useMutation({
    mutationFn: () => api.post<Contact>('/contacts', { ...making, companyId }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['contacts'] });
      onAdd(made.id);
    },
  });
  const errors = fieldErrors(make.error);
  if (making) {
    const submit = (event: FormEvent) => {
      event.preventDefault();
      make.mutate();
    };
    return (
      <form className={classes.add} onSubmit={submit} aria-label={t('contacts.new')}>
        <Group gap="sm" grow align="flex-start">
          {(['firstName', 'lastName'] as const).map((field, index) => (
            <TextInput
              key={field}
              data-autofocus={index === 0 || undefined}
              label={t(`field.${field}`)}
              required={field === 'lastName'}
              value={making[field] ?? ''}
              error={errors[field]}
              onChange={(event) => setMaking({ ...making, [field]: event.currentTarget.value })}
            />
          ))}
        </Group>
        <Group gap="sm" grow align="flex-start">
          {(['email', 'phone'] as const).map((field) => (
            <TextInput
              key={field}
              type={field === 'email' ? 'email' : 'tel'}
              label={t(`field.${field}`)}
              value={making[field] ?? ''}
              error={errors[field]}
              onChange={(event) => setMaking({ ...making, [field]: event.currentTarget.value })}
            />
          ))}
        </Group>
        <KnownAlready emails={making.email} phones={making.phone} take={{ contact: ({ id }) => onAdd(id) }} />
        {make.error && Object.keys(errors).length === 0 && (
          <div role="alert" style={{ color: 'var(--mantine-color-error)' }}>
            {errorText(make.error).title}
          </div>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" loading={make.isPending}>
            {t('people.add')}
          </Button>
        </Group>
      </form>
    );
  }
  return (
    <div className={classes.add}>
      <Select
        autoFocus
        defaultDropdownOpened
        label={t('people.find')}
        placeholder={t('party.search')}
        searchable
        searchValue={text}
        onSearchChange={setText}
        // The server has searched.
        filter={({ options }) => options}
        data={[
          ...found,
          ...(text.trim() ? [{ value: NEW, label: t('people.make', { name: text.trim() }) }] : []),
        ]}
        nothingFoundMessage={t('own.nothing')}
        value={null}
        onChange={(id) => {
          if (id === NEW) setMaking(typed(text.trim()));
          else if (id) onAdd(id);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose();
        }}
      />
      <Group justify="flex-end">
        <Button variant="default" size="compact-sm" onClick={onClose}>
          {t('common:action.cancel')}
        </Button>
      </Group>
    </div>
  );
}

/** What somebody typed as the beginning of a contact. */
export function typed(text: string): Partial<Contact> {
  if (text.includes('@')) return { email: text };
  if (/^[+\d][\d\s()-]{4,}$/.test(text)) return { phone: text };
  const words = text.split(/\s+/);
  return { firstName: words.slice(0, -1).join(' '), lastName: words.at(-1) ?? '' };
}
