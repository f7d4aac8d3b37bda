// The list of pages: which address shows which.
import Box from '@cloudscape-design/components/box';
import { lazy, type ReactNode } from 'react';
import { pools, tops } from './rooms';
import type { Place } from './route';
import { pages } from './workspace/pages';

export interface Crumb {
  text: string;
  path?: string[];
}

const Pools = lazy(() => import('./page/pools'));
const NewPool = lazy(() => import('./page/newpool'));
const Pool = lazy(() => import('./page/pool'));
const Users = lazy(() => import('./page/users'));
const User = lazy(() => import('./page/user'));
const Groups = lazy(() => import('./page/groups'));
const Clients = lazy(() => import('./page/clients'));
const Client = lazy(() => import('./page/client'));
const SignInSettings = lazy(() => import('./page/signinsettings'));
const Outward = lazy(() => import('./page/outward'));
const Branding = lazy(() => import('./page/branding'));
const Protection = lazy(() => import('./page/protection'));
const Imports = lazy(() => import('./page/imports'));
const Decisions = lazy(() => import('./page/decisions'));
const Tokens = lazy(() => import('./page/tokens'));
const Audit = lazy(() => import('./page/audit'));
const PolicyStores = lazy(() => import('./page/policystores'));
const Workspaces = lazy(() => import('./workspace/all'));
const IdentityPools = lazy(() => import('./page/identitypools'));

export function pageAt(place: Place): { crumbs: Crumb[]; content: ReactNode } {
  const [top = 'pools', id, room, name] = place.path;
  if (top === 'workspaces') return inWorkspaces(place);
  if (top !== 'pools') return { crumbs: beside(top, id), content: elsewhere(place) };
  const home: Crumb = { text: 'User pools', path: ['pools'] };
  if (id === undefined) return { crumbs: [home], content: <Pools /> };
  if (id === 'new') return { crumbs: [home, { text: 'New user pool' }], content: <NewPool /> };
  const there = pools.find((r) => r.path[0] === room);
  const crumbs = [home, { text: id, path: ['pools', id] }, ...(room && there ? [{ text: there.text, path: ['pools', id, room] }] : []), ...(name ? [{ text: name }] : [])];
  return { crumbs, content: inPool(id, room, name, place) };
}

function inPool(pool: string, room: string | undefined, name: string | undefined, place: Place): ReactNode {
  switch (room) {
    case undefined:
      return <Pool pool={pool} />;
    case 'users':
      return name === undefined ? <Users pool={pool} query={place.query} /> : <User pool={pool} username={name} />;
    case 'groups':
      return <Groups pool={pool} group={name} />;
    case 'clients':
      return name === undefined ? <Clients pool={pool} /> : <Client pool={pool} client={name} />;
    case 'sign-in':
      return <SignInSettings pool={pool} />;
    case 'outward':
      return <Outward pool={pool} />;
    case 'branding':
      return <Branding pool={pool} query={place.query} />;
    case 'protection':
      return <Protection pool={pool} query={place.query} />;
    case 'import':
      return <Imports pool={pool} job={name} />;
  }
  return <Nowhere />;
}

function inWorkspaces(place: Place): { crumbs: Crumb[]; content: ReactNode } {
  const [, workspace, room = '', ...rest] = place.path;
  const crumbs: Crumb[] = [{ text: 'Workspaces', path: ['workspaces'] }];
  if (workspace === undefined) return { crumbs, content: <Workspaces /> };
  crumbs.push({ text: workspace, path: ['workspaces', workspace] });
  const there = pages.find((p) => p.path === room);
  if (!there) return { crumbs, content: <Nowhere /> };
  if (room) crumbs.push({ text: there.text, path: ['workspaces', workspace, room] });
  if (rest[0] !== undefined) crumbs.push({ text: there.below?.[rest[0]] ?? rest[0], path: ['workspaces', workspace, room, rest[0]] });
  return { crumbs, content: <there.Page workspace={workspace} rest={rest} query={place.query} /> };
}

function beside(top: string, id: string | undefined): Crumb[] {
  const there = tops.flat().find((t) => t.path[0] === top);
  return there ? [{ text: there.text, path: there.path }, ...(id && top !== 'decisions' ? [{ text: id }] : [])] : [];
}

function elsewhere(place: Place): ReactNode {
  const [top, id, name] = place.path;
  switch (top) {
    case 'decisions':
      return <Decisions place={place} />;
    case 'tokens':
      return <Tokens />;
    case 'audit':
      return <Audit query={place.query} />;
    case 'policy-stores':
      return <PolicyStores store={id} />;
    case 'identity-pools':
      return <IdentityPools pool={id} tab={name} />;
  }
  return <Nowhere />;
}

function Nowhere() {
  return <Box variant="p">There is no such page. The navigation has those that there are.</Box>;
}
