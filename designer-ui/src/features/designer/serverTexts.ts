import { useEffect, useState } from 'react';
import type { ServerFinding } from '@/lib/process/validate';

/** Text by finding code and language, as the repository keeps it for both sides. */
export type FindingTexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What to do, by its English words and language. */
export type RemedyTexts = FindingTexts;

export interface ServerTexts {
  readonly findings: FindingTexts;
  readonly remedies: RemedyTexts;
}

/** What to do in the reader's language; nothing rather than two languages in one finding. */
function remedyIn(remedy: string | undefined, texts: RemedyTexts, language: string): { remedy?: string } {
  const said = language === 'en' || remedy === undefined ? remedy : texts[remedy]?.[language];
  return said === undefined ? {} : { remedy: said };
}

/** The server's finding in the reader's language; without a text for it, as it came. */
export function inLanguage(
  finding: ServerFinding,
  texts: ServerTexts | undefined,
  language: string,
): ServerFinding {
  const text = texts?.findings[finding.code]?.[language];
  if (!texts || !text) return finding;
  const data = finding.data ?? {};
  const own = (data.texts as Record<string, string> | undefined)?.[language];
  let complete = true;
  const message = text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
    if (name === 'message') return own ?? finding.message;
    if (data[name] === undefined) complete = false;
    return data[name] === undefined ? whole : String(data[name]);
  });
  if (!complete) return finding;
  const { remedy, ...rest } = finding;
  return { ...rest, message, ...remedyIn(remedy, texts.remedies, language) };
}

/** The texts, once there is a finding that needs them. */
export function useFindingTexts(needed: boolean): ServerTexts | undefined {
  const [texts, setTexts] = useState<ServerTexts>();
  useEffect(() => {
    if (!needed || texts) return;
    let open = true;
    void Promise.all([
      import('../../../../schemas/finding/findings.json'),
      import('../../../../schemas/finding/remedies.json'),
    ]).then(([findings, remedies]) => {
      if (open)
        setTexts({ findings: findings.default as FindingTexts, remedies: remedies.default as RemedyTexts });
    });
    return () => {
      open = false;
    };
  }, [needed, texts]);
  return texts;
}
