import { isApiError } from '@/api/problem';

export const currencies = ['EUR', 'PLN', 'BRL', 'USD', 'RUB', 'GBP', 'CZK', 'UAH'];

/** Messages of a refused request by the name of the field ("/products/0/price" is "products/0/price"). */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!isApiError(error)) return {};
  const byField: Record<string, string> = {};
  for (const { path, message } of error.details) {
    const field = path?.replace(/^\/?(body\/)?/, '').replace(/^body\./, '');
    if (field) byField[field] = message;
  }
  return byField;
}

/** 1240.5 as typed becomes 124050; nothing typed stays nothing. */
export function minorUnits(value: number | string): number | undefined {
  if (value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? Math.round(number * 100) : undefined;
}
