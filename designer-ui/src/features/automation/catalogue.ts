import { useQuery } from '@tanstack/react-query';
import i18next from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNodeKinds } from '@/api/queries/nodeKinds';
import type { JsonSchema } from '@/features/forms';
import { CATEGORIES, type KindDescriptor, type KindTable, type Look } from '@/lib/process/kinds';
import { type Robot, type Trigger, type TriggerKind, triggerKindsQuery } from './api';
import { type Entry, isRobot } from './rules';

/** What the gallery offers and a card shows: a kind of robot or of trigger. */
export interface Kind {
  readonly key: string;
  readonly name: string;
  readonly help: string;
  readonly category: string;
  readonly categoryName: string;
  readonly icon: string;
  readonly look: Look;
  readonly schema: JsonSchema | undefined;
  /** What a new one begins with. */
  readonly config: Record<string, unknown>;
  readonly results: readonly { readonly name: string; readonly type: string; readonly title?: string }[];
}

/** Steps of people that a stage can have besides robots. */
const PEOPLE = new Set(['userTask', 'approval', 'acknowledge', 'requestInformation']);

const keyOf = (descriptor: KindDescriptor): string => descriptor.robot ?? descriptor.key;

const rank = (category: string): number => {
  const at = CATEGORIES.indexOf(category);
  return at < 0 ? CATEGORIES.length : at;
};

/** The kinds of robots of this server, sorted by category. */
export function useRobotKinds(): {
  kinds: readonly Kind[];
  byKey: ReadonlyMap<string, Kind>;
  table: KindTable;
} {
  const { t } = useTranslation('designer');
  const table = useNodeKinds();
  return useMemo(() => {
    const kinds = table.all
      .filter((kind) => kind.kind === 'robot' || PEOPLE.has(kind.key))
      .map((kind): Kind => {
        const own = t(`kind.${kind.key}` as 'kind.userTask', { defaultValue: '' });
        return {
          key: keyOf(kind),
          name: own || kind.name || keyOf(kind),
          help: kind.help ?? '',
          category: kind.category,
          categoryName: t(`category.${kind.category}` as 'category.people', { defaultValue: kind.category }),
          icon: kind.icon,
          look: kind.look,
          schema: kind.schema as JsonSchema | undefined,
          config: (kind.preset?.config ?? {}) as Record<string, unknown>,
          results: kind.results ?? [],
        };
      })
      .sort((a, b) => rank(a.category) - rank(b.category));
    return { kinds, byKey: new Map(kinds.map((kind) => [kind.key, kind])), table };
  }, [table, t]);
}

/** The kinds of triggers of this server. */
export function useTriggerKinds(): { kinds: readonly Kind[]; byKey: ReadonlyMap<string, Kind> } {
  const { data } = useQuery(triggerKindsQuery(i18next.resolvedLanguage ?? 'en'));
  const { t } = useTranslation('automation');
  return useMemo(() => {
    const kinds = (data?.items ?? []).map((kind: TriggerKind): Kind => {
      return {
        key: kind.key,
        name: kind.title,
        help: kind.help,
        category: kind.category,
        categoryName: t(`triggerCategory.${kind.category}` as 'triggerCategory.record', {
          defaultValue: kind.category,
        }),
        icon: kind.icon || 'zap',
        look: 'start',
        schema: kind.schema,
        config: {},
        results: [],
      };
    });
    return { kinds, byKey: new Map(kinds.map((kind) => [kind.key, kind])) };
  }, [data, t]);
}

/** The kind of an entry; unknown to this server, it keeps its key for a name. */
export function kindOf(
  entry: Entry,
  robots: ReadonlyMap<string, Kind>,
  triggers: ReadonlyMap<string, Kind>,
): Kind {
  const key = isRobot(entry) ? (entry as Robot).robot : (entry as Trigger).type;
  const known = (isRobot(entry) ? robots : triggers).get(key);
  return (
    known ?? {
      key,
      name: key,
      help: '',
      category: '',
      categoryName: '',
      icon: 'circle-help',
      look: 'robot',
      schema: undefined,
      config: {},
      results: [],
    }
  );
}

export const entryName = (entry: Entry, kind: Kind): string => entry.name || kind.name;
