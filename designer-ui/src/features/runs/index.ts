export { DefinitionRunsPage, RunPage, RunsPage } from './pages';
