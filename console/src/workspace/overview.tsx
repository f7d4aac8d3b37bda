// A workspace at a glance: its addresses, what is in it, what to do next, and how it can be tried.
import Box from '@cloudscape-design/components/box';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { admin } from '../admin';
import { useAsk } from '../ask';
import { Destroy } from '../part/dialog';
import { Id, Page, Shown, When, YesNo } from '../part/shown';
import { go, href } from '../route';
import { getWorkspace, listConnections } from './ask';
import type { At } from './pages';
import { Settings } from './settings';
import { TryIt } from './try';
import type { Connection, Workspace } from './types';
import { creating, spoken } from './words';

interface Seen {
  space: Workspace;
  connections: Connection[];
  clients: { client_id: string; client_name: string }[];
}

async function look(workspace: string): Promise<Seen> {
  const [space, connections, clients] = await Promise.all([
    getWorkspace(workspace), listConnections(workspace), admin<{ clients: Seen['clients'] }>({ path: ['servers', workspace, 'clients'] }),
  ]);
  return { space, connections, clients: clients.clients };
}

export default function Overview({ workspace }: At) {
  const asked = useAsk(() => look(workspace), [workspace]);
  const [act, setAct] = useState<string>();
  const w = asked.data?.space;
  const path = ['servers', workspace];
  const system = w?.type === 'system';
  return (
    <Page
      title={w?.name ?? workspace}
      about={system ? 'Its clients are the programs that administer workspaces. Nobody signs in here.' : w?.description}
      actions={
        w && !system && (
          <SpaceBetween direction="horizontal" size="xs">
            <TryIt space={w} again={asked.again} />
            <ButtonDropdown items={[{ id: 'edit', text: 'Edit settings' }, { id: 'delete', text: 'Delete' }]} onItemClick={(e) => setAct(e.detail.id)}>Actions</ButtonDropdown>
          </SpaceBetween>
        )
      }
    >
      <Shown of={asked}>{(seen) => <Glance {...seen} />}</Shown>
      {act === 'edit' && w && <Settings space={w} close={() => setAct(undefined)} done={asked.again} />}
      {act === 'delete' && w && (
        <Destroy
          title={`Delete the workspace ${w.name}`}
          name={w.id}
          change={() => admin({ method: 'DELETE', path })}
          said={`The workspace ${w.name} was deleted.`}
          close={() => setAct(undefined)}
          done={() => go(['workspaces'])}
          cli={[{ method: 'DELETE', path }]}
        >
          Its connections, claims and scopes are gone for good, and its clients let nobody in any more. The users stay in the pool.
        </Destroy>
      )}
    </Page>
  );
}

function Glance({ space: w, connections, clients }: Seen) {
  const regular = w.type !== 'system';
  return (
    <SpaceBetween size="l">
      {regular && <Next space={w} connections={connections} clients={clients.filter((c) => !/^(portal|demo)_/.test(c.client_id))} />}
      <Container header={<Header variant="h2">The workspace</Header>}>
        <SpaceBetween size="l">
          <KeyValuePairs
            columns={2}
            minColumnWidth={240}
            items={[
              { label: 'Issuer', value: <div className="long"><Id>{w.issuer_url}</Id></div> },
              { label: 'Discovery document', value: <div className="long"><Id>{`${w.issuer_url}/.well-known/openid-configuration`}</Id></div> },
            ]}
          />
          <KeyValuePairs
            columns={3}
            items={[
              { label: 'User pool', value: <Link href={href(['pools', w.user_pool_id])}>{w.user_pool_id}</Link> },
              { label: 'Created', value: <When at={new Date(w.created_at)} /> },
              { label: 'Changed', value: <When at={new Date(w.updated_at)} /> },
              ...(regular ? [{ label: 'Identity providers', value: <Link href={href(['workspaces', w.id, 'providers'])} fontSize="display-l">{String(connections.length)}</Link> }] : []),
              { label: 'Applications', value: <Link href={href(['workspaces', w.id, 'clients'])} fontSize="display-l">{String(clients.length)}</Link> },
              ...(regular ? [{ label: 'Attributes of the context', value: <Box fontSize="display-l">{w.authentication_context_settings.attributes.length}</Box> }] : []),
            ]}
          />
        </SpaceBetween>
      </Container>
      {regular && (
        <Container header={<Header variant="h2">Signing in</Header>}>
          <KeyValuePairs
            columns={2}
            minColumnWidth={240}
            items={[
              { label: 'Single sign-on', value: <><YesNo value={w.sso.enabled} />{w.sso.enabled && <Box color="text-body-secondary">{kept(w)}</Box>}</> },
              { label: 'Finding the provider by the address', value: <YesNo value={w.idp_discovery.enabled} yes="People type their address" no="People choose" /> },
            ]}
          />
        </Container>
      )}
    </SpaceBetween>
  );
}

function kept(w: Workspace): string {
  const most = w.sso.max_age ? `at most ${spoken(w.sso.max_age)}` : 'as long as the browser’s session';
  return w.sso.max_idle ? `${most}, and ${spoken(w.sso.max_idle)} unused` : most;
}

/** What is missing before somebody can sign in. */
function Next({ space: w, connections, clients }: Seen) {
  const open = connections.filter((c) => !c.disabled);
  const steps = [
    { done: open.length > 0, text: 'Connect the identity provider where your people have their accounts.', go: 'Create connection', to: ['workspaces', w.id, 'providers', creating] },
    { done: clients.length > 0, text: 'Make a client for an app of yours: it signs people in here. The demo application shows what it would be told.', go: 'Applications', to: ['workspaces', w.id, 'clients'] },
  ];
  if (steps.every((s) => s.done)) return null;
  return (
    <Container header={<Header variant="h2">Next</Header>}>
      <ul className="worth">
        {steps.map((s) => (
          <li key={s.text}>
            <StatusIndicator type={s.done ? 'success' : 'pending'} wrapText>{s.text}</StatusIndicator>{' '}
            {!s.done && <Link href={href(s.to)}>{s.go}</Link>}
          </li>
        ))}
      </ul>
    </Container>
  );
}
