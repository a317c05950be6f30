import type { Finding } from '@/lib/process/validate';

/** Brings the field of a finding into view and puts the cursor there; tells whether there is such a field. */
export function focusField(finding: Finding): boolean {
  const { node, flow, field } = finding;
  if (!field) return false;
  const inspector = window.document.querySelector('[data-inspector]');
  const id = `config-${node ?? flow}/${field.replace(/^config\./, '').replaceAll('.', '/')}`;
  const target =
    window.document.getElementById(id) ??
    inspector?.querySelector<HTMLElement>(
      `[data-field="${CSS.escape(field)}"] input, [data-field="${CSS.escape(field)}"] .cm-content`,
    );
  target?.scrollIntoView({ block: 'center' });
  target?.focus({ preventScroll: true });
  return target !== null && target !== undefined;
}
