import 'i18next';
import type activities from './locales/en/activities.json';
import type automation from './locales/en/automation.json';
import type bookings from './locales/en/bookings.json';
import type common from './locales/en/common.json';
import type crm from './locales/en/crm.json';
import type designer from './locales/en/designer.json';
import type feed from './locales/en/feed.json';
import type gallery from './locales/en/gallery.json';
import type grid from './locales/en/grid.json';
import type handbook from './locales/en/handbook.json';
import type inbox from './locales/en/inbox.json';
import type products from './locales/en/products.json';
import type repair from './locales/en/repair.json';
import type room from './locales/en/room.json';
import type runs from './locales/en/runs.json';
import type settings from './locales/en/settings.json';
import type siteForms from './locales/en/siteForms.json';
import type statusProcesses from './locales/en/statusProcesses.json';
import type testing from './locales/en/testing.json';
import type transfer from './locales/en/transfer.json';
import type trial from './locales/en/trial.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    enableSelector: false;
    resources: {
      automation: typeof automation;
      bookings: typeof bookings;
      common: typeof common;
      crm: typeof crm;
      designer: typeof designer;
      feed: typeof feed;
      gallery: typeof gallery;
      grid: typeof grid;
      handbook: typeof handbook;
      inbox: typeof inbox;
      repair: typeof repair;
      room: typeof room;
      runs: typeof runs;
      settings: typeof settings;
      testing: typeof testing;
      products: typeof products;
      transfer: typeof transfer;
      siteForms: typeof siteForms;
      statusProcesses: typeof statusProcesses;
      activities: typeof activities;
      trial: typeof trial;
    };
  }
}
