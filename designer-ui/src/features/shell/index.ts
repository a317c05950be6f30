export { AppLayout } from './AppLayout';
export { chooseLanguage } from './chooseLanguage';
export { TopBarContent } from './TopBarContent';
