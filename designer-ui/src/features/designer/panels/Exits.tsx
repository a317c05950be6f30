import { type ComboboxItem, type OptionsFilter, Select } from '@mantine/core';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { outcomeLabel } from '@/canvas';
import { fold } from '@/lib/fold';
import { outgoingOf } from '@/lib/process/document';
import { refusal } from '@/lib/process/edits';
import { OUT, type ProcessNode, portOf } from '@/lib/process/types';
import { useDesigner } from '../DesignerContext';
import { elementName } from '../texts';

/** Not the id of a step: ids have no colon. */
const NEW = 'new:';

/** Steps by their names; what adds a new one is offered whatever is typed. */
const fitting: OptionsFilter = ({ options, search }) => {
  const typed = fold(search.trim());
  return options.flatMap((group) => {
    if (!('group' in group)) return [];
    const items = (group.items as ComboboxItem[]).filter(
      ({ value, label }) => value === NEW || fold(label).includes(typed),
    );
    return items.length > 0 ? [{ ...group, items }] : [];
  });
};

/** Where a step goes on, for every exit that leads nowhere yet: to a new step, or to one that is there. */
export function Exits({ node }: { node: ProcessNode }) {
  const { document, kinds } = useDesigner();
  const taken = new Set(outgoingOf(document, node.id).map(portOf));
  const many = node.kind.endsWith('Gateway');
  return kinds
    .outputs(node)
    .filter((port) => many || !taken.has(port))
    .map((port) => <Exit key={port} node={node} port={port} further={many && taken.has(port)} />);
}

function Exit({ node, port, further }: { node: ProcessNode; port: string; further: boolean }) {
  const { t, i18n } = useTranslation('designer');
  const { document, kinds, actions, pick } = useDesigner();
  const box = useRef<HTMLInputElement>(null);
  const steps = document.nodes
    .filter((other) => !refusal(document, kinds, node.id, other.id, port))
    .map(({ id }) => ({ value: id, label: elementName(t, kinds, i18n.language, document, id) }));
  const label =
    port === OUT
      ? t(further ? 'exit.further' : 'exit.next')
      : t('exit.after', { name: outcomeLabel(node.config?.outcomes, port) });
  return (
    <Select
      ref={box}
      size="sm"
      label={label}
      placeholder={t('exit.choose')}
      searchable
      value={null}
      data={[
        { group: t('exit.add'), items: [{ value: NEW, label: t('exit.new') }] },
        ...(steps.length > 0 ? [{ group: t('exit.there'), items: steps }] : []),
      ]}
      filter={fitting}
      onChange={(target) => {
        if (target === NEW) {
          const at = box.current?.getBoundingClientRect();
          pick({ anchor: { x: at?.left ?? 0, y: at?.bottom ?? 0 }, from: { node: node.id, port } });
        } else if (target) actions.makeConnection(node.id, port, target);
      }}
    />
  );
}
