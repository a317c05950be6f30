import { UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUser } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { UserAvatar } from '@/ui';
import classes from './AppLayout.module.css';

const load = () => import('./UserMenu');
const UserMenu = later(() => load().then((module) => module.UserMenu));

/** The person's picture; their menu is fetched when somebody reaches for it. */
export function UserButton() {
  const { t } = useTranslation();
  const user = useUser();
  const [wanted, setWanted] = useState(false);
  const button = (
    <UnstyledButton
      className={classes.user}
      aria-label={t('shell.userMenu', { name: user.name })}
      aria-haspopup="menu"
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setWanted(true)}
    >
      <UserAvatar name={user.name} size={28} />
    </UnstyledButton>
  );
  if (!wanted) return button;
  return (
    <Later fallback={button}>
      <UserMenu />
    </Later>
  );
}
