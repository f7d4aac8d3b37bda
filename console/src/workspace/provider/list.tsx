// The connections of a workspace to the identity providers where its people are.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import { useAsk } from '../../ask';
import { List } from '../../part/list';
import { Empty, Id, Page } from '../../part/shown';
import { go, href } from '../../route';
import { listConnections, listTemplates } from '../ask';
import { creating, secondsOf, spoken } from '../words';
import { Status } from './page';

export function Connections({ workspace }: { workspace: string }) {
  const asked = useAsk(() => listConnections(workspace), [workspace]);
  const templates = useAsk(listTemplates, []);
  const place = ['workspaces', workspace, 'providers'];
  const title = (method: string) => templates.data?.find((t) => t.method === method)?.title ?? method;
  const create = <Button variant="primary" onClick={() => go([...place, creating])}>Create connection</Button>;
  return (
    <Page title="Identity providers" about="Where the people of this workspace sign in: each is a connection. With one, people go there at once; with several, they choose." actions={create}>
      <List
        title="Connections"
        of={asked}
        id={(c) => c.id}
        text={(c) => `${c.name} ${c.id} ${title(c.method)}`}
        columns={[
          { id: 'name', header: 'Name', by: (c) => c.name, cell: (c) => <Link href={href([...place, c.id])}>{c.name}</Link> },
          { id: 'method', header: 'Template', wide: true, by: (c) => title(c.method), cell: (c) => title(c.method) },
          { id: 'status', header: 'People', by: (c) => Number(c.disabled) * 2 + Number(c.hidden), cell: (c) => <Status of={c} /> },
          { id: 'cache', header: 'Kept for', wide: true, cell: (c) => (c.config.enable_stateful_ctx && secondsOf(c.config.stateful_ctx_duration) > 0 ? spoken(c.config.stateful_ctx_duration) : <Box color="text-body-secondary">nothing is kept</Box>) },
          { id: 'id', header: 'ID', wide: true, by: (c) => c.id, cell: (c) => <Id>{c.id}</Id> },
        ]}
        empty={<Empty title="There are no identity providers yet" action={create}>Connect the one where your people have their accounts: until then nobody can sign in here.</Empty>}
      />
    </Page>
  );
}
