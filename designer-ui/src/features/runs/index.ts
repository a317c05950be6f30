export { DefinitionRunsPage } from './DefinitionRunsPage';
export { RunPage } from './RunPage';
export { RunsPage } from './RunsPage';
