export { chooseLanguage } from './chooseLanguage';
export { TopBarContent } from './TopBarContent';
