import { TextInput } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Hours } from '@/api/queries/calendars';
import { clock, hoursOf, paint, readHours, spansOf, writeHours } from './hours';
import classes from './WeekGrid.module.css';

const STEP = 30;
const cells = Array.from({ length: 48 }, (_, index) => index * STEP);

type WeekGridProps = { week: Hours[][]; onChange: (week: Hours[][]) => void };

/**
 * Weekly hours to paint: by pointer over half hours, by keyboard with arrows and space (shift paints on), or as text,
 * to the minute.
 */
export function WeekGrid({ week, onChange }: WeekGridProps) {
  const { t, i18n } = useTranslation('settings');
  const [focus, setFocus] = useState<[day: number, cell: number]>([0, 18]);
  const stroke = useRef<boolean | null>(null);
  const grid = useRef<HTMLTableElement>(null);
  const names = new Intl.DateTimeFormat(i18n.language, { weekday: 'long', timeZone: 'UTC' });
  const nameOf = (day: number) => names.format(new Date(Date.UTC(2024, 0, 1 + day)));
  const open = (day: number, at: number) =>
    spansOf(week[day] ?? []).some(([from, to]) => from < at + STEP && at < to);

  const set = (day: number, at: number, on: boolean) => {
    if (open(day, at) === on) return;
    const painted = hoursOf(paint(spansOf(week[day] ?? []), [at, at + STEP], on));
    onChange(week.map((hours, index) => (index === day ? painted : hours)));
  };
  const cellAt = (event: PointerEvent): [number, number] | null => {
    const target = document.elementFromPoint(event.clientX, event.clientY);
    const cell = target instanceof HTMLElement ? target.closest<HTMLElement>('[data-cell]') : null;
    if (!cell || !grid.current?.contains(cell)) return null;
    return [Number(cell.dataset.day), Number(cell.dataset.cell)];
  };
  const press = (event: PointerEvent) => {
    const hit = cellAt(event);
    if (!hit || event.button !== 0) return;
    stroke.current = !open(hit[0], hit[1] * STEP);
    setFocus(hit);
    set(hit[0], hit[1] * STEP, stroke.current);
  };
  const move = (event: PointerEvent) => {
    const hit = stroke.current === null ? null : cellAt(event);
    if (hit && stroke.current !== null) set(hit[0], hit[1] * STEP, stroke.current);
  };
  const key = (event: KeyboardEvent) => {
    const [day, cell] = focus;
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      set(day, cell * STEP, !open(day, cell * STEP));
      return;
    }
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const next: [number, number] = [
      Math.min(6, Math.max(0, day + (step[0] ?? 0))),
      Math.min(47, Math.max(0, cell + (step[1] ?? 0))),
    ];
    if (event.shiftKey) set(next[0], next[1] * STEP, open(day, cell * STEP));
    setFocus(next);
    grid.current?.querySelector<HTMLElement>(`[data-day="${next[0]}"][data-cell="${next[1]}"]`)?.focus();
  };

  return (
    <div className={classes.week}>
      <p className={classes.help}>{t('calendars.gridHelp')}</p>
      <div className={classes.rows}>
        <table
          ref={grid}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the grid pattern of ARIA is made for tables
          role="grid"
          aria-label={t('calendars.hours')}
          className={classes.grid}
          onPointerDown={press}
          onPointerMove={move}
          onPointerUp={() => {
            stroke.current = null;
          }}
          onPointerLeave={() => {
            stroke.current = null;
          }}
          onKeyDown={key}
        >
          <thead aria-hidden>
            <tr>
              <td />
              {cells
                .filter((at) => at % 180 === 0)
                .map((at) => (
                  <td key={at} colSpan={6} className={classes.mark}>
                    {at / 60}
                  </td>
                ))}
            </tr>
          </thead>
          <tbody>
            {week.map((_, day) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row is a day of the week
              <tr key={day}>
                <th scope="row">{nameOf(day)}</th>
                {cells.map((at, cell) => (
                  <td
                    key={at}
                    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a cell of that grid
                    role="gridcell"
                    className={classes.cell}
                    data-day={day}
                    data-cell={cell}
                    data-on={open(day, at) || undefined}
                    aria-selected={open(day, at)}
                    aria-label={`${nameOf(day)} ${clock(at)}`}
                    tabIndex={focus[0] === day && focus[1] === cell ? 0 : -1}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={classes.texts}>
        {week.map((hours, day) => (
          <HoursText
            // biome-ignore lint/suspicious/noArrayIndexKey: a text is that of a day of the week
            key={`${day}:${writeHours(hours)}`}
            label={nameOf(day)}
            hours={hours}
            onChange={(next) => onChange(week.map((old, index) => (index === day ? next : old)))}
          />
        ))}
      </div>
    </div>
  );
}

type HoursTextProps = {
  label: string;
  hours: Hours[];
  onChange: (hours: Hours[]) => void;
};

/** Hours as text, taken over when the field is left. */
export function HoursText({ label, hours, onChange }: HoursTextProps) {
  const { t } = useTranslation('settings');
  const [text, setText] = useState(writeHours(hours));
  const read = readHours(text);
  return (
    <TextInput
      label={label}
      value={text}
      placeholder={t('calendars.closed')}
      error={read === null && t('calendars.hoursWrong')}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => read && writeHours(read) !== writeHours(hours) && onChange(read)}
    />
  );
}
