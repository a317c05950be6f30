/** A text between single quotes of a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** What a call names: the code of a trigger, or what has happened. */
export type Called = { readonly code: string } | { readonly event: string };

/** A call that makes the trigger act, to be tried at a prompt. */
export const curlOf = (address: string, type: string, called: Called): string =>
  [
    `curl -X POST ${quoted(address)}`,
    `  -H ${quoted('Content-Type: application/json')}`,
    `  -H ${quoted('Webhook-Id: order-4711-paid')}`,
    `  -d ${quoted(JSON.stringify({ type, id: 'RECORD_ID', ...called, data: { amount: 1200 } }))}`,
  ].join(' \\\n');
