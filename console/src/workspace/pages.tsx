// The pages of a workspace, in the order of the navigation: a new one gets a line here, and its file in this folder.
import { lazy, type ComponentType } from 'react';

/** What a page is given. */
export interface At {
  workspace: string;
  /** What follows the page's own piece of the address: ['staff', 'mappings'] of …/providers/staff/mappings. */
  rest: string[];
  query: URLSearchParams;
}

export interface WorkspacePage {
  text: string;
  /** The piece of the address; empty for the first page. */
  path: string;
  Page: ComponentType<At>;
  /** What pieces of the address below it are called, where they are no names. */
  below?: Record<string, string>;
  /** Of ordinary workspaces only: the workspace system has nobody who signs in. */
  regular?: boolean;
}

export const pages: WorkspacePage[] = [
  { text: 'Overview', path: '', Page: lazy(() => import('./overview')) },
  { text: 'Identity providers', path: 'providers', Page: lazy(() => import('./providers')), regular: true, below: { 'create-connection': 'Create connection' } },
  { text: 'Data lineage', path: 'lineage', Page: lazy(() => import('./lineage/page')), regular: true },
  { text: 'Claims and scopes', path: 'claims', Page: lazy(() => import('./claims/page')), regular: true },
  { text: 'Applications', path: 'clients', Page: lazy(() => import('./clients/page')) },
  { text: 'Scripts', path: 'scripts', Page: lazy(() => import('./scripts/page')), regular: true },
  { text: 'Custom applications', path: 'custom-apps', Page: lazy(() => import('./apps/page')), regular: true },
  { text: 'Sign-in traces', path: 'traces', Page: lazy(() => import('./traces/page')), regular: true },
];
