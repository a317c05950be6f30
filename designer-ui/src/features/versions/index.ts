export { VersionsPage } from './pages';
