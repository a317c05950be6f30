/** Where the records of a type are shown: leads, deals, quotes, and so on. */
export const boardPath = (type: string) => `/crm/${type}s`;

/** Where one record is shown; contacts and companies have no page of their own. */
export const recordPath = (type: string, id: string) => `${boardPath(type)}/${encodeURIComponent(id)}`;

const overviews: Record<string, string> = {
  contact: '/crm/contacts',
  company: '/crm/companies',
  product: '/crm/products',
};

/** Where all of a type are looked through: the pages of clients and products, the list of records with stages. */
export const overviewPath = (type: string) => overviews[type] ?? `${boardPath(type)}/list`;

/** True for records that stand on stages. */
export const isStaged = (type: string | undefined | null): type is string =>
  Boolean(type) && type !== 'contact' && type !== 'company';
