export { DefinitionRunsPage } from './DefinitionRunsPage';
export { HeldBanner } from './HeldBanner';
export { RunPage } from './RunPage';
export { RunsPage } from './RunsPage';
export { startMoving } from './repair/api';
export { JobView } from './repair/JobDialog';
export { MovePlan } from './repair/MovePlan';
