/** A text between single quotes of a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** A call that makes the trigger act, to be tried at a prompt. */
export const curlOf = (address: string, type: string, code: string): string =>
  [
    `curl -X POST ${quoted(address)}`,
    `  -H ${quoted('Content-Type: application/json')}`,
    `  -H ${quoted('Webhook-Id: order-4711-paid')}`,
    `  -d ${quoted(JSON.stringify({ type, id: 'RECORD_ID', code: code || 'CODE', data: { amount: 1200 } }))}`,
  ].join(' \\\n');
