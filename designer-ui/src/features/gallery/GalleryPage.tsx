import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Search, SearchX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { Picture } from '@/canvas/Picture';
import { useMay } from '@/features/identity/useSession';
import { Later, later } from '@/lib/later';
import { EmptyState, ErrorState, notifyError, Page, PageSkeleton } from '@/ui';
import { beginWith, galleryQuery, referencesQuery, type Template } from './api';
import classes from './Gallery.module.css';

const Preview = later(() => import('./Preview').then(({ Preview }) => Preview));

const CATEGORIES = ['sales', 'service', 'people', 'finance'] as const;

const plain = (text: string) => text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');

/** Real processes to begin with: find one, look at it, start with it. */
export function GalleryPage() {
  const { t, i18n } = useTranslation(['gallery', 'common']);
  const kinds = useNodeKinds();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const mayEdit = useMay('definitions.edit');
  const { category, template } = useSearch({ strict: false }) as { category?: string; template?: string };
  const [search, setSearch] = useState('');
  const gallery = useQuery({ ...galleryQuery(i18n.language), enabled: mayEdit });
  const shown = useMemo(() => {
    const words = plain(search).split(/\s+/).filter(Boolean);
    return (gallery.data?.items ?? []).filter((item) => {
      const text = plain(`${item.name} ${item.description} ${item.guide}`);
      return (!category || item.category === category) && words.every((word) => text.includes(word));
    });
  }, [gallery.data, search, category]);
  const go = (next: { category?: string | undefined; template?: string | undefined }): void => {
    const search = { ...(category ? { category } : {}), ...next };
    void navigate({
      to: '/gallery',
      search: Object.fromEntries(Object.entries(search).filter(([, value]) => value)),
      replace: true,
      resetScroll: false,
    });
  };
  const begin = useMutation({
    mutationFn: async (item: Template) => {
      const { items } = await queryClient.fetchQuery(referencesQuery(item.key));
      // Somebody is named who is not here: that is asked, not guessed.
      if (items.some(({ id }) => !id)) return undefined;
      return beginWith({ name: item.name, template: item.key, map: {} });
    },
    onSuccess: (made, item) => {
      if (!made) {
        go({ template: item.key });
        return;
      }
      void queryClient.invalidateQueries({ queryKey: ['definitions', 'list'] });
      void navigate({ to: '/definitions/$key', params: { key: made.key } });
    },
    onError: (error, item) => {
      // A process of that name is there already: another name can be given beside the picture.
      if ((error as { status?: number }).status === 409) go({ template: item.key });
      else notifyError(error);
    },
  });
  const open = gallery.data?.items.find(({ key }) => key === template);
  return (
    <Page title={t('gallery:title')} description={t('gallery:description')} width="wide">
      <div className={classes.tools}>
        <TextInput
          type="search"
          aria-label={t('gallery:search')}
          placeholder={t('gallery:search')}
          leftSection={<Search size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <fieldset className={classes.categories}>
          <legend className="fx-visually-hidden">{t('gallery:categories')}</legend>
          {[undefined, ...CATEGORIES].map((value) => (
            <button
              key={value ?? ''}
              type="button"
              className={classes.category}
              aria-pressed={category === value}
              onClick={() => go({ category: value })}
            >
              {value ? t(`gallery:category.${value}`) : t('gallery:category.all')}
            </button>
          ))}
        </fieldset>
      </div>
      {!mayEdit ? (
        <EmptyState icon={SearchX} title={t('gallery:forbidden')} text={t('gallery:forbiddenText')} />
      ) : gallery.error ? (
        <ErrorState error={gallery.error} onRetry={() => void gallery.refetch()} />
      ) : !gallery.data ? (
        <PageSkeleton />
      ) : shown.length === 0 ? (
        <EmptyState
          icon={SearchX}
          title={t('gallery:noHits')}
          action={
            <Button
              variant="default"
              onClick={() => {
                setSearch('');
                go({ category: undefined });
              }}
            >
              {t('gallery:clear')}
            </Button>
          }
        />
      ) : (
        <ul className={classes.grid} aria-label={t('gallery:title')}>
          {shown.map((item) => (
            <li key={item.key} className={classes.card}>
              <div className={classes.look}>
                <Picture
                  document={item.process}
                  kinds={kinds}
                  label={t('gallery:picture', { name: item.name })}
                  className={classes.picture}
                  small
                />
                <button
                  type="button"
                  className={classes.cover}
                  aria-label={t('gallery:lookAt', { name: item.name })}
                  onClick={() => go({ template: item.key })}
                />
              </div>
              <div className={classes.about}>
                <h2 className={classes.name}>{item.name}</h2>
                <p className={classes.text}>{item.description}</p>
              </div>
              <div className={classes.foot}>
                <span className={classes.meta}>
                  {t(`gallery:category.${item.category}` as 'gallery:category.sales')} ·{' '}
                  {t('gallery:steps', { count: item.steps })}
                </span>
                <Button
                  size="xs"
                  aria-label={t('gallery:useWhich', { name: item.name })}
                  loading={begin.isPending && begin.variables?.key === item.key}
                  onClick={() => begin.mutate(item)}
                >
                  {t('gallery:use')}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {open && (
        <Later>
          <Preview key={open.key} template={open} kinds={kinds} onClose={() => go({ template: undefined })} />
        </Later>
      )}
    </Page>
  );
}
