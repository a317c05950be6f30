import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useNodeKinds, useNodeKindsPending } from '@/api/queries/nodeKinds';
import { ErrorState, PageSkeleton, useDocumentTitle } from '@/ui';
import { definitionQuery } from './api';
import { startEarly } from './early';

// Fetched while the definition is: the canvas library and the document come at the same time, not one after the other.
const editor = import('./Editor');
startEarly();

/**
 * The editor's code, once it is here. No boundary of Suspense: whatever shows a fallback once is held back by React for
 * 300 ms from then on, even when the code came a moment later.
 */
function useEditor() {
  const [Editor, setEditor] = useState<Awaited<typeof editor>['Editor']>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    editor.then((module) => setEditor(() => module.Editor), setError);
  }, []);
  // A boundary of errors tells what to do about code that cannot be fetched.
  if (error) throw error;
  return Editor;
}

/** One process definition in the designer. */
export function DesignerPage() {
  const { key = '' } = useParams({ strict: false });
  const definition = useQuery(definitionQuery(key));
  const kinds = useNodeKinds();
  const kindsPending = useNodeKindsPending();
  const Editor = useEditor();
  useDocumentTitle(definition.data?.name ?? '');
  if (definition.data && !kindsPending && Editor) {
    return <Editor key={key} definition={definition.data} kinds={kinds} />;
  }
  if (definition.error)
    return <ErrorState error={definition.error} onRetry={() => void definition.refetch()} />;
  return <PageSkeleton />;
}
