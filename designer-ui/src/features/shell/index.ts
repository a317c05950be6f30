export { AppLayout } from './AppLayout';
export { TopBarContent } from './TopBarContent';
