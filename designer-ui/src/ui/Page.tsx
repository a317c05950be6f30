import { type ReactNode, useEffect } from 'react';
import classes from './Page.module.css';

type PageProps = {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  /** Text width for forms, full width for boards and grids. */
  width?: 'narrow' | 'default' | 'wide';
  children: ReactNode;
};

/** Frame of an ordinary page: document title, heading, actions, content. */
export function Page({ title, description, actions, width = 'default', children }: PageProps) {
  useDocumentTitle(title);
  const className = [classes.page, width === 'wide' && classes.wide, width === 'narrow' && classes.narrow]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={className}>
      <header className={classes.header}>
        <div className={classes.titles}>
          <h1 className={classes.title}>{title}</h1>
          {description && <p className={classes.description}>{description}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** Name of the page in the browser's tab. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Fluxo`;
  }, [title]);
}
