// The workspaces of this server.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import { useState } from 'react';
import { admin } from '../admin';
import { useAsk } from '../ask';
import { List } from '../part/list';
import { Empty, Id, Page, When } from '../part/shown';
import { href } from '../route';
import { NewWorkspace } from './new';
import type { Workspace } from './types';

export default function Workspaces() {
  const asked = useAsk(async () => (await admin<{ servers: Workspace[] }>({ path: ['servers'] })).servers, []);
  const system = asked.data?.find((w) => w.type === 'system');
  const [adding, setAdding] = useState(false);
  const create = <Button variant="primary" onClick={() => setAdding(true)}>Create workspace</Button>;
  return (
    <Page title="Workspaces" about="People of other identity providers sign in to your apps: a workspace sends them there, and gives your apps tokens of its own." actions={create}>
      <List
        title="Workspaces"
        of={{ ...asked, data: asked.data?.filter((w) => w !== system) }}
        id={(w) => w.id}
        text={(w) => `${w.name} ${w.id} ${w.description ?? ''}`}
        columns={[
          { id: 'name', header: 'Name', by: (w) => w.name, cell: (w) => <Link href={href(['workspaces', w.id])}>{w.name}</Link> },
          { id: 'id', header: 'ID', by: (w) => w.id, cell: (w) => <Id>{w.id}</Id> },
          { id: 'pool', header: 'User pool', minWidth: 230, wide: true, cell: (w) => <Link href={href(['pools', w.user_pool_id])}>{w.user_pool_id}</Link> },
          { id: 'created', header: 'Created', wide: true, by: (w) => w.created_at, cell: (w) => <When at={new Date(w.created_at)} /> },
        ]}
        empty={<Empty title="There are no workspaces yet" action={create}>Create one, then connect the identity provider where your people are: a Cognito user pool, Okta, Google, or any that speaks OpenID Connect or SAML.</Empty>}
      />
      {system && <Box color="text-body-secondary">Programs that administer are clients of the workspace <Link href={href(['workspaces', system.id])}>{system.name}</Link>.</Box>}
      {adding && <NewWorkspace close={() => setAdding(false)} />}
    </Page>
  );
}
