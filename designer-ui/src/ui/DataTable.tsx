import type { ReactNode } from 'react';
import classes from './DataTable.module.css';

export type Column<T> = {
  key: string;
  title: string;
  render: (item: T) => ReactNode;
  /** Numbers and actions stand at the end. */
  end?: boolean;
  /** The cell speaks for itself: no column name beside it on a phone. */
  bare?: boolean;
};

type DataTableProps<T> = {
  label: string;
  columns: readonly Column<T>[];
  items: readonly T[];
  keyOf: (item: T) => string;
};

/** Plain table for lists of moderate length; on a phone each row becomes a card. */
export function DataTable<T>({ label, columns, items, keyOf }: DataTableProps<T>) {
  return (
    <div className={classes.frame}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={column.end ? classes.end : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={keyOf(item)}>
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={column.end ? classes.end : undefined}
                  data-label={column.bare ? undefined : column.title}
                >
                  {column.render(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
