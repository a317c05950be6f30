import { expect, test } from 'vitest';
import { errorsOf, formOf, ruleOf } from './retention';

test('rows of the form and numbers by process are the same rule', () => {
  const rule = { days: 365, processes: { contract: 0, leave: 90 } };
  const form = formOf(rule);
  expect(form.processes).toEqual([
    { process: 'contract', days: 0 },
    { process: 'leave', days: 90 },
  ]);
  expect(ruleOf(form)).toEqual(rule);
  expect(ruleOf({ days: 0 })).toEqual({ days: 0, processes: {} });
  const message = '0, 30 .. 36500';
  expect(
    errorsOf(form, [
      { path: '/days', message },
      { path: '/processes/leave', message },
      { path: '/processes/gone', message },
      { message },
    ]),
  ).toEqual([
    { path: '/days', message },
    { path: '/processes/1/days', message },
    { path: '/processes', message },
  ]);
});
