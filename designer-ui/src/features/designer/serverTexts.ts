import { useEffect, useState } from 'react';
import type { ServerFinding } from '@/lib/process/validate';

/** Text by finding code and language, as the repository keeps it for both sides. */
export type FindingTexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The server's finding in the reader's language; without a text for it, as it came. */
export function inLanguage(
  finding: ServerFinding,
  texts: FindingTexts | undefined,
  language: string,
): ServerFinding {
  const text = texts?.[finding.code]?.[language];
  if (!text) return finding;
  const data = finding.data ?? {};
  const own = (data.texts as Record<string, string> | undefined)?.[language];
  let complete = true;
  const message = text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
    if (name === 'message') return own ?? finding.message;
    if (data[name] === undefined) complete = false;
    return data[name] === undefined ? whole : String(data[name]);
  });
  if (!complete) return finding;
  // What to do is said by the server in English only; others have it in words of our own, by the code.
  const { remedy, ...rest } = finding;
  return { ...rest, message, ...(remedy !== undefined && language === 'en' ? { remedy } : {}) };
}

/** The texts, once there is a finding that needs them. */
export function useFindingTexts(needed: boolean): FindingTexts | undefined {
  const [texts, setTexts] = useState<FindingTexts>();
  useEffect(() => {
    if (!needed || texts) return;
    let open = true;
    void import('../../../../schemas/finding/findings.json').then((module) => {
      if (open) setTexts(module.default as FindingTexts);
    });
    return () => {
      open = false;
    };
  }, [needed, texts]);
  return texts;
}
