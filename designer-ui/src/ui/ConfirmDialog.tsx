import { useState } from 'react';
import { Later, later } from '@/lib/later';
import type { ConfirmDialogProps } from './ConfirmModal';

const ConfirmModal = later(() => import('./ConfirmModal').then((module) => module.ConfirmModal));

/**
 * Asks before an act that cannot be taken back. The focus returns to where it came from. Its code comes when it is
 * asked for the first time; after that it stays, so that it can close slowly.
 */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const [used, setUsed] = useState(props.opened);
  if (props.opened && !used) setUsed(true);
  return <Later fallback={null}>{used && <ConfirmModal {...props} />}</Later>;
}
