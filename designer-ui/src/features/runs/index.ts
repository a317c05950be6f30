export { DefinitionRunsPage } from './DefinitionRunsPage';
export { HeldBanner } from './HeldBanner';
export { RunPage } from './RunPage';
export { RunsPage } from './RunsPage';
