import { expect, it } from 'vitest';
import { curlOf } from './curl';

// covers G-14
it('writes a call that a shell takes as it is', () => {
  expect(curlOf('https://fluxo.example.com/api/v1/hooks/triggers/abc', 'deal', { code: "it's" })).toBe(
    [
      "curl -X POST 'https://fluxo.example.com/api/v1/hooks/triggers/abc' \\",
      "  -H 'Content-Type: application/json' \\",
      "  -H 'Webhook-Id: order-4711-paid' \\",
      `  -d '{"type":"deal","id":"RECORD_ID","code":"it'\\''s","data":{"amount":1200}}'`,
    ].join('\n'),
  );
  expect(curlOf('/', 'deal', { event: 'payment' })).toContain('"id":"RECORD_ID","event":"payment"');
});
