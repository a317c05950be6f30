export { definitionQuery, restoreVersion, type VersionSummary, versionQuery, versionsQuery } from './api';
export { ChangeList } from './ChangeList';
export { DefinitionsPage } from './DefinitionsPage';
export { DesignerPage } from './DesignerPage';
