// The applications of a workspace: clients that are good at its issuer, and nowhere else.
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import { useState } from 'react';
import { useAsk } from '../../ask';
import { List } from '../../part/list';
import { Empty, Id, Page, YesNo } from '../../part/shown';
import { href } from '../../route';
import type { At } from '../pages';
import { One } from './client';
import { NewClient } from './new';
import { clientsOf, kindOf, type WorkspaceClient } from './words';
import { Secret } from '../secret';

export default function Clients({ workspace, rest: [id] }: At) {
  return id === undefined ? <All workspace={workspace} /> : <One workspace={workspace} id={id} />;
}

function All({ workspace }: { workspace: string }) {
  const asked = useAsk(() => clientsOf(workspace), [workspace]);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<WorkspaceClient>();
  const system = workspace === 'system';
  const create = <Button variant="primary" onClick={() => setAdding(true)}>Create application</Button>;
  return (
    <Page title="Applications" about={system ? 'Programs that administer: each may do what its scopes say.' : 'Apps that people of this workspace sign in to, and machines.'} actions={create}>
      {made?.client_secret && <Secret of={made.client_name} id={made.client_id} secret={made.client_secret} close={() => setMade(undefined)} />}
      <List
        title="Clients"
        of={asked}
        id={(c) => c.client_id}
        text={(c) => `${c.client_name} ${c.client_id} ${c.scopes?.join(' ')}`}
        columns={[
          { id: 'name', header: 'Name', minWidth: 150, by: (c) => c.client_name, cell: (c) => <Link href={href(['workspaces', workspace, 'clients', c.client_id])}>{c.client_name || c.client_id}</Link> },
          { id: 'id', header: 'Client ID', minWidth: 190, by: (c) => c.client_id, cell: (c) => <Id>{c.client_id}</Id> },
          { id: 'kind', header: 'Kind', by: kindOf, cell: kindOf },
          { id: 'trusted', header: 'Consent', cell: (c) => (c.grant_types?.includes('client_credentials') ? '–' : <YesNo value={!c.trusted} yes="People are asked" no="Trusted" />) },
          { id: 'scopes', header: 'Scopes', minWidth: 170, cell: (c) => c.scopes?.join(', ') || '–' },
        ]}
        empty={<Empty title="There are no applications yet" action={create}>{system ? 'A program gets a token of its own, and needs no access key.' : 'Without one nobody can sign in here.'}</Empty>}
      />
      {adding && <NewClient workspace={workspace} close={() => setAdding(false)} done={(c) => { setMade(c); asked.again(); }} />}
    </Page>
  );
}
