import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KindTable } from './kinds';
import type { ProcessDocument } from './types';
import { CODES, type Code, validate } from './validate';

interface Broken {
  readonly definition?: ProcessDocument;
  readonly findings: readonly { readonly code: string; readonly severity: string }[];
}

const folder = '../schemas/invalid';
const robots = [
  'mail.send',
  'notification.send',
  'document.generate',
  'record.setFields',
  'record.setStage',
  'comment.add',
  'webhook.call',
];
const kinds = new KindTable([
  ...robots.map((robot) => ({
    key: `robot:${robot}`,
    kind: 'robot',
    robot,
    category: 'x',
    look: 'robot' as const,
    icon: 'bot',
  })),
  ...['inclusiveGateway', 'setVariables', 'subProcess'].map((kind) => ({
    key: kind,
    kind,
    category: 'x',
    look: 'robot' as const,
    icon: 'bot',
  })),
]);

/** Codes that need the server: schemas of configs, or what it decides with more than the graph. */
const own = new Set<string>(CODES.filter((code) => code !== 'config_required'));

// The server's tests read the same files: both sides must name the same faults in the same definitions.
describe.each(readdirSync(folder).filter((file) => file.endsWith('.json')))('%s', (file) => {
  const broken = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Broken;

  it.runIf(broken.definition)('is judged as the server judges it, as far as the designer can', () => {
    const expected = new Set(broken.findings.map(({ code }) => code).filter((code) => own.has(code)));
    const found = validate(broken.definition as ProcessDocument, kinds);
    const codes = new Set(found.map(({ code }) => code));
    for (const code of expected) expect(codes, code).toContain(code as Code);
    for (const { code, severity } of broken.findings) {
      for (const finding of found) if (finding.code === code) expect(finding.severity, code).toBe(severity);
    }
  });
});
