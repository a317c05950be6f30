/** What the address of an import says: the file that is being imported. */
export function parseImportSearch(search: Record<string, unknown>): { file?: string } {
  return typeof search.file === 'string' && search.file !== '' ? { file: search.file } : {};
}
