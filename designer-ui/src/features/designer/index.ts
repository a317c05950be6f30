export { DefinitionsPage, DesignerPage } from './pages';
