export { BoardPage } from './BoardPage';
export { DealPage } from './DealPage';
export { CompaniesPage, ContactsPage } from './PartyPages';
