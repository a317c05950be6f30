import type { Finding } from '@/lib/process/validate';

/** Brings the field of a finding into view and puts the cursor there. */
export function focusField(finding: Finding): void {
  const { node, flow, field } = finding;
  if (!field) return;
  const inspector = window.document.querySelector('[data-inspector]');
  const id = `config-${node ?? flow}/${field.replace(/^config\./, '').replaceAll('.', '/')}`;
  const target =
    window.document.getElementById(id) ??
    inspector?.querySelector<HTMLElement>(
      `[data-field="${CSS.escape(field)}"] input, [data-field="${CSS.escape(field)}"] .cm-content`,
    );
  target?.scrollIntoView({ block: 'center' });
  target?.focus({ preventScroll: true });
}
