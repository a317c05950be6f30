export { BoardPage, CompaniesPage, ContactsPage, DealPage } from './pages';
