// Sign-ins of a workspace: what became of each, and why.
import Link from '@cloudscape-design/components/link';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { admin } from '../../admin';
import { useAsk } from '../../ask';
import { List } from '../../part/list';
import { Older } from '../../part/older';
import { Empty, Page, When } from '../../part/shown';
import { href } from '../../route';
import { listConnections } from '../ask';
import { clientsOf } from '../clients/words';
import type { At } from '../pages';
import { One } from './trace';
import { ending, type Trace } from './words';

export default function Traces({ workspace, rest: [id] }: At) {
  return id === undefined ? <All workspace={workspace} /> : <One workspace={workspace} id={id} />;
}

/** Connections and clients by their ids. */
export async function namesIn(workspace: string): Promise<Map<string, string>> {
  const [idps, clients] = await Promise.all([listConnections(workspace), clientsOf(workspace)]);
  return new Map([...idps.map((c) => [c.id, c.name] as const), ...clients.map((c) => [c.client_id, c.client_name || c.client_id] as const)]);
}

const size = 100;

function All({ workspace }: { workspace: string }) {
  const [older, setOlder] = useState<{ before: string; rows: Trace[] }>({ before: '', rows: [] });
  const names = useAsk(() => namesIn(workspace), [workspace]);
  const asked = useAsk(async () => {
    const { traces } = await admin<{ traces: Trace[] }>({ path: ['servers', workspace, 'login-traces'], query: { limit: String(size), before: older.before } });
    const last = traces[traces.length - 1];
    return { rows: [...older.rows, ...traces], next: traces.length === size ? last?.at : undefined };
  }, [workspace, older]);
  const name = (id: string) => names.data?.get(id) ?? id;
  return (
    <Page title="Sign-in traces" about="Why did this claim get this value? A trace tells what was read, written and left out. They are kept for seven days, and whoever opens one is in the audit log.">
      <List
        title="Sign-ins"
        of={{ ...asked, data: asked.data?.rows }}
        id={(t) => t.id}
        text={(t) => `${name(t.client_id)} ${name(t.idp_id)} ${t.subject} ${ending(t)} ${t.cached ? 'kept' : 'asked'}`}
        columns={[
          { id: 'at', header: 'When', minWidth: 190, by: (t) => t.at, cell: (t) => <Link href={href(['workspaces', workspace, 'traces', t.id])}><When at={new Date(t.at)} /></Link> },
          { id: 'client', header: 'Application', by: (t) => name(t.client_id), cell: (t) => name(t.client_id) },
          { id: 'idp', header: 'Connection', by: (t) => name(t.idp_id), cell: (t) => name(t.idp_id) },
          { id: 'outcome', header: 'Outcome', by: ending, cell: (t) => <Outcome of={t} /> },
          { id: 'cached', header: 'Context', by: (t) => String(t.cached), cell: (t) => (t.cached ? 'kept from before' : 'from the provider') },
          { id: 'subject', header: 'User', minWidth: 150, by: (t) => t.subject, cell: (t) => t.subject || 'nobody yet' },
        ]}
        empty={<Empty title="Nobody has signed in for seven days">A sign-in through a connection is shown here.</Empty>}
      />
      <Older more={asked.data?.next} loading={asked.loading} load={(before) => setOlder({ before, rows: asked.data?.rows ?? [] })} />
    </Page>
  );
}

export function Outcome({ of }: { of: Pick<Trace, 'outcome'> }) {
  return <StatusIndicator type={of.outcome === 'code' ? 'success' : 'error'} wrapText>{ending(of)}</StatusIndicator>;
}
