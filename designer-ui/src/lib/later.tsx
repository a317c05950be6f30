import i18next from 'i18next';
import {
  type ComponentType,
  createContext,
  type FunctionComponent,
  type ReactNode,
  Suspense,
  use,
  useEffect,
  useState,
} from 'react';
import type { Namespace } from '@/i18n';

const Fallback = createContext<ReactNode>(null);

/** Shows the fallback in the place of each component below that is made by {@link later} and is not here yet. */
export function Later({ fallback = null, children }: { fallback?: ReactNode; children: ReactNode }) {
  return (
    <Fallback value={fallback}>
      {/* For what waits below by itself. */}
      <Suspense fallback={fallback}>{children}</Suspense>
    </Fallback>
  );
}

/**
 * A component whose code is fetched when it is first shown. React's own `lazy` is not used, because React holds every
 * fallback that it has shown for 300 ms, also when the code came after ten: a panel would open that much later.
 * For the same reason the catalogues of texts that it needs and its page does not are named here.
 */
export function later<P extends object>(
  load: () => Promise<ComponentType<P>>,
  ...texts: Namespace[]
): FunctionComponent<P> {
  let Loaded: ComponentType<P> | undefined;
  return function LaterComponent(props: P) {
    const [, setHere] = useState(false);
    const [failure, setFailure] = useState<{ error: unknown }>();
    const fallback = use(Fallback);
    useEffect(() => {
      if (Loaded) return;
      let gone = false;
      Promise.all([load(), texts.length > 0 && i18next.loadNamespaces(texts)]).then(
        ([component]) => {
          Loaded = component;
          if (!gone) setHere(true);
        },
        (error: unknown) => {
          if (!gone) setFailure({ error });
        },
      );
      return () => {
        gone = true;
      };
    }, []);
    if (Loaded) return <Loaded {...props} />;
    // For the boundary that says what to do when code cannot be fetched.
    if (failure) throw failure.error;
    return fallback;
  };
}
