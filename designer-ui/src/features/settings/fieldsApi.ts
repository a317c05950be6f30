import { api } from '@/api/client';
import type * as gen from '@/api/schema.gen';
import type { Dictionary, DictionaryItem, RecordType } from '@/features/crm/ownFields';

const at = (type: RecordType, key = '') =>
  `/record-types/${type.key}/fields${key === '' ? '' : `/${encodeURIComponent(key)}`}`;

export type NewField = {
  label: string;
  type: string;
  key?: string;
  multiple?: boolean;
  dictionary?: string;
  target?: string;
  help?: string;
  required?: boolean;
  requiredAt?: gen.FieldStages[];
};

export const addField = (type: RecordType, field: NewField) =>
  api.post<RecordType>(at(type), field, { rev: type.rev });

export const changeField = (type: RecordType, key: string, patch: gen.CrmFieldPatch) =>
  api.patch<RecordType>(at(type, key), patch, { rev: type.rev });

export const deleteField = (type: RecordType, key: string) => api.delete(at(type, key), { rev: type.rev });

export const addDictionary = (name: string, items: DictionaryItem[]) =>
  api.post<Dictionary>('/dictionaries', { name, items });

export const changeDictionary = (list: Dictionary, name: string, items: DictionaryItem[]) =>
  api.put<Dictionary>(`/dictionaries/${encodeURIComponent(list.id)}`, { name, items }, { rev: list.rev });

export const deleteDictionary = (list: Dictionary) =>
  api.delete(`/dictionaries/${encodeURIComponent(list.id)}`, { rev: list.rev });
