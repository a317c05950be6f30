import { queryOptions, useQuery } from '@tanstack/react-query';
import i18next from 'i18next';
import { useMemo } from 'react';
import { type ConfigSchema, type KindDescriptor, KindTable, type Look } from '@/lib/process/kinds';
import { api, type Page } from '../client';
import type * as gen from '../schema.gen';
import type { Shape } from '../shape';

type NodeKindReply = Shape<gen.NodeKind, { schema: ConfigSchema }>;

function robotLook(robot: string): Look {
  const [family] = robot.split('.');
  if (family === 'document') return 'document';
  if (family === 'notification' || family === 'mail' || family === 'comment') return 'notification';
  if (family === 'process') return 'subprocess';
  return 'robot';
}

/**
 * Choices arrive as {value: label} where the file has labels of its own for the language; forms want the values as a
 * list and the labels beside them.
 */
export function withChoices(schema: ConfigSchema): ConfigSchema {
  const walk = (value: unknown, names = false): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item));
    if (typeof value !== 'object' || value === null) return value;
    const copy = Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, walk(inner, key === 'properties')]),
    );
    const labels = copy.enum;
    const isChoice = typeof labels === 'object' && labels !== null && !Array.isArray(labels);
    // Below `properties` the keys are names of fields, and one may be called "enum".
    if (names || !isChoice) return copy;
    return { ...copy, enum: Object.keys(labels), 'x-labels': labels };
  };
  return walk(schema) as ConfigSchema;
}

const controlKinds = new KindTable();

function descriptor(reply: NodeKindReply): KindDescriptor {
  const known = controlKinds.get(reply.key);
  return {
    key: reply.key,
    kind: reply.kind,
    robot: reply.robot,
    category: known?.category ?? reply.category,
    look: known?.look ?? (reply.robot ? robotLook(reply.robot) : 'robot'),
    icon: known?.icon ?? reply.icon,
    name: reply.title,
    help: reply.help,
    schema: reply.schema && withChoices(reply.schema),
    ports: reply.ports,
    results: reply.results,
  };
}

/** Descriptors of all node kinds and robots of this server, in the language of the page. */
export const nodeKindsQuery = (language: string) =>
  queryOptions({
    queryKey: ['node-kinds', language],
    queryFn: ({ signal }) => api.get<Page<NodeKindReply>>('/node-kinds', undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** True until the server's kinds have arrived or cannot be had; a large process is not drawn twice. */
export function useNodeKindsPending(): boolean {
  return useQuery(nodeKindsQuery(i18next.resolvedLanguage ?? 'en')).isPending;
}

/** The table that canvas, palette and property panel work from. Until it has arrived: the control kinds. */
export function useNodeKinds(): KindTable {
  const { data } = useQuery(nodeKindsQuery(i18next.resolvedLanguage ?? 'en'));
  return useMemo(() => new KindTable(data?.items.map(descriptor) ?? []), [data]);
}
