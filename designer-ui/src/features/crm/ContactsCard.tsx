import { ActionIcon, Anchor, Badge, Button, Menu, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { EllipsisVertical, Pencil, Plus, Star, UserMinus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { Later, later } from '@/lib/later';
import { notifyError } from '@/ui';
import { UserAvatar } from '@/ui/UserAvatar';
import classes from './Contacts.module.css';
import frame from './Deal.module.css';
import { updateDeal } from './queries';
import type { Contact, Deal, DealPatch } from './types';
import { useMergedSave } from './useMergedSave';

const AddContact = later(() => import('./AddContact').then((module) => module.AddContact));
const PartyModal = later(() => import('./PartyModal').then((module) => module.PartyModal));

/** The people of a record: the first one is the primary contact, whom robots write to. */
export function ContactsCard({ deal, mayEdit }: { deal: Deal; mayEdit: boolean }) {
  const { t } = useTranslation(['crm', 'common']);
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [shown, setShown] = useState<Contact | null>(null);
  const contacts = deal.contacts ?? [];
  const ids = contacts.map((contact) => contact.id);
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['deal', deal.id] });
    void client.invalidateQueries({ queryKey: ['board'] });
  };
  const merging = useMergedSave<DealPatch, Deal>({
    recordType: deal.type,
    send: (patch, rev) => updateDeal(deal.type, deal.id, rev, patch),
    onSaved: (saved) => {
      client.setQueryData(['deal', deal.id], saved);
      refresh();
    },
    onTheirs: refresh,
    onRefused: (error) => {
      notifyError(error);
      refresh();
    },
  });
  const save = (contactIds: string[]) => merging.save({ contactIds }, deal.rev);
  const show = async (id: string) => {
    try {
      setShown(
        await client.fetchQuery({
          queryKey: ['contacts', id],
          queryFn: () => api.get<Contact>(`/contacts/${id}`),
        }),
      );
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <section className={frame.card} aria-label={t('people.title')}>
      <header className={frame.cardHead}>
        <h2 className={frame.cardTitle}>{t('people.title')}</h2>
        {mayEdit && !adding && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            {t('people.add')}
          </Button>
        )}
      </header>
      {contacts.length === 0 && !adding && (
        <Text c="dimmed" size="sm">
          {t('people.none')}
        </Text>
      )}
      <ul className={classes.list}>
        {contacts.map((contact, index) => (
          <li key={contact.id} className={classes.one}>
            <UserAvatar name={contact.name || t('party.hidden')} size={32} />
            <div className={classes.who}>
              <div className={classes.name}>
                <span>{contact.name || t('party.hidden')}</span>
                {index === 0 && contacts.length > 1 && (
                  <Badge size="sm" variant="light">
                    {t('people.primary')}
                  </Badge>
                )}
              </div>
              <div className={classes.reach}>
                {contact.position && <span>{contact.position}</span>}
                {contact.email && <Anchor href={`mailto:${contact.email}`}>{contact.email}</Anchor>}
                {contact.phone && (
                  <Anchor href={`tel:${contact.phone.replace(/[^+\d]/g, '')}`}>{contact.phone}</Anchor>
                )}
              </div>
            </div>
            {mayEdit && (
              <Menu position="bottom-end" shadow="md">
                <Menu.Target>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={32}
                    loading={merging.isPending}
                    aria-label={t('people.more', { name: contact.name || t('party.hidden') })}
                  >
                    <EllipsisVertical size={16} aria-hidden />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  {contact.name && (
                    <Menu.Item
                      leftSection={<Pencil size={16} aria-hidden />}
                      onClick={() => void show(contact.id)}
                    >
                      {t('people.open')}
                    </Menu.Item>
                  )}
                  {index > 0 && (
                    <Menu.Item
                      leftSection={<Star size={16} aria-hidden />}
                      onClick={() => save([contact.id, ...ids.filter((id) => id !== contact.id)])}
                    >
                      {t('people.makePrimary')}
                    </Menu.Item>
                  )}
                  <Menu.Item
                    leftSection={<UserMinus size={16} aria-hidden />}
                    onClick={() => save(ids.filter((id) => id !== contact.id))}
                  >
                    {t('people.remove')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </li>
        ))}
      </ul>
      {merging.dialog}
      <Later>
        {adding && (
          <AddContact
            companyId={deal.companyId}
            there={ids}
            onAdd={(id) => {
              setAdding(false);
              save([...ids, id]);
            }}
            onClose={() => setAdding(false)}
          />
        )}
        {shown && (
          <PartyModal
            kind="contacts"
            party={shown}
            onClose={() => {
              setShown(null);
              void client.invalidateQueries({ queryKey: ['deal', deal.id] });
            }}
          />
        )}
      </Later>
    </section>
  );
}
