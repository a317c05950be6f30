import { Button, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { Download, Printer } from 'lucide-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { buildUrl } from '@/api/client';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import { download, pngOf, svgText } from '@/canvas/exportPicture';
import { Picture } from '@/canvas/Picture';
import { definitionQuery, versionQuery } from '@/features/designer/api';
import { useMay } from '@/features/identity/useSession';
import { TopBarContent } from '@/features/shell';
import { ErrorState, notifyError, PageSkeleton, useDocumentTitle } from '@/ui';
import { Chapters } from './Chapters';
import classes from './Handbook.module.css';

/** The scale at which the names of steps can just be read. */
const LEAST = 0.45;

/** What a process does and asks of people, written from the process itself: it cannot be out of date. */
export function HandbookPage() {
  const { key = '' } = useParams({ strict: false });
  const { version } = useSearch({ strict: false }) as { version?: number };
  const { t } = useTranslation(['handbook', 'designer', 'common']);
  const kinds = useNodeKinds();
  const mayEdit = useMay('definitions.edit');
  const sheet = useRef<HTMLElement>(null);
  const definition = useQuery(definitionQuery(key));
  const published = useQuery({ ...versionQuery(key, version ?? 0), enabled: version !== undefined });
  const document = version === undefined ? definition.data?.draft : published.data?.process;
  const name = document?.name ?? definition.data?.name ?? key;
  useDocumentTitle(t('handbook:title', { name }));
  const error = definition.error ?? published.error;
  if (error) return <ErrorState error={error} onRetry={() => void definition.refetch()} />;
  if (!document) return <PageSkeleton />;
  const file = version === undefined ? key : `${key}-v${version}`;
  const svg = (): string => {
    const picture = sheet.current?.querySelector<SVGSVGElement>('svg[role="img"]');
    if (!picture) throw new Error('no picture');
    return svgText(picture);
  };
  const address = (what: 'file' | 'bpmn') =>
    buildUrl(`/definitions/${encodeURIComponent(key)}/${what}`, version === undefined ? {} : { version });
  return (
    <>
      <TopBarContent>
        <nav className={classes.crumbs} aria-label={t('designer:bar.path')}>
          <Link to="/definitions" className={classes.link}>
            {t('designer:list.title')}
          </Link>
          <span aria-hidden>/</span>
          <Link to="/definitions/$key" params={{ key }} className={classes.link}>
            {name}
          </Link>
          <span aria-hidden>/</span>
          <span>{t('handbook:name')}</span>
        </nav>
        <span className={classes.spacer} />
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button variant="default" leftSection={<Download size={16} aria-hidden />}>
              {t('handbook:save')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => download(svg(), `${file}.svg`)}>{t('handbook:saveSvg')}</Menu.Item>
            <Menu.Item
              onClick={() => {
                pngOf(svg()).then((png) => download(png, `${file}.png`), notifyError);
              }}
            >
              {t('handbook:savePng')}
            </Menu.Item>
            {mayEdit && (
              <>
                <Menu.Item component="a" href={address('file')} download>
                  {t('handbook:saveFile')}
                </Menu.Item>
                <Menu.Item component="a" href={address('bpmn')} download>
                  {t('handbook:saveBpmn')}
                </Menu.Item>
              </>
            )}
          </Menu.Dropdown>
        </Menu>
        <Button leftSection={<Printer size={16} aria-hidden />} onClick={() => window.print()}>
          {t('handbook:print')}
        </Button>
      </TopBarContent>
      <article ref={sheet} className={classes.sheet}>
        <header>
          <h1 className={classes.title}>{document.name}</h1>
          <p className={classes.edition}>
            {version === undefined ? t('handbook:draft') : t('designer:bar.version', { version })}
          </p>
          {(document.description ?? '').split('\n\n').map((paragraph) => (
            <p key={paragraph} className={classes.paragraph}>
              {paragraph}
            </p>
          ))}
        </header>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the page is scrolled with the keys, too. */}
        <figure className={classes.figure} tabIndex={0}>
          <Picture
            document={document}
            kinds={kinds}
            label={t('handbook:picture', { name: document.name })}
            least={LEAST}
          />
        </figure>
        <Chapters document={document} kinds={kinds} />
      </article>
    </>
  );
}
