import { lazy, Suspense, useState } from 'react';
import type { ConfirmDialogProps } from './ConfirmModal';

const ConfirmModal = lazy(() =>
  import('./ConfirmModal').then((module) => ({ default: module.ConfirmModal })),
);

/**
 * Asks before an act that cannot be taken back. The focus returns to where it came from. Its code comes when it is
 * asked for the first time; after that it stays, so that it can close slowly.
 */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const [used, setUsed] = useState(props.opened);
  if (props.opened && !used) setUsed(true);
  return <Suspense fallback={null}>{used && <ConfirmModal {...props} />}</Suspense>;
}
