import { Download, FileText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { TaskDetail } from '@/api/queries/tasks';
import { formatBytes, formatDateTime } from '@/lib/format';
import classes from './Worklist.module.css';

/** Documents of the run and of the record, to open or to download. */
export function TaskDocuments({ task }: { task: TaskDetail }) {
  const { t } = useTranslation('inbox');
  const documents = task.documents ?? [];
  if (documents.length === 0) return null;
  return (
    <section aria-labelledby="task-documents">
      <h2 id="task-documents" className={classes.sectionTitle}>
        {t('documents.title')}
      </h2>
      <ul className={classes.documents}>
        {documents.map((file) => (
          <li key={file.id} className={classes.document}>
            <FileText size={18} aria-hidden className={classes.documentIcon} />
            <span className={classes.documentText}>
              <a href={file.url} target="_blank" rel="noreferrer">
                {file.name}
              </a>
              <span className={classes.documentMeta}>
                {formatBytes(file.size)} · {formatDateTime(file.createdAt)}
                {file.createdByName && ` · ${file.createdByName}`}
              </span>
            </span>
            <a
              className={classes.iconLink}
              href={`${file.url}${file.url.includes('?') ? '&' : '?'}download=1`}
              download={file.name}
              aria-label={t('documents.download', { name: file.name })}
            >
              <Download size={16} aria-hidden />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
