export { Crumbs } from './Crumbs';
export { chooseLanguage } from './chooseLanguage';
export { TopBarContent } from './TopBarContent';
