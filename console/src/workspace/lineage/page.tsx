// Data lineage: which attribute of which provider ends in which claim of a client, and which ends nowhere.
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Link from '@cloudscape-design/components/link';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useMemo, useState, useSyncExternalStore } from 'react';
import { admin } from '../../admin';
import { useAsk } from '../../ask';
import { Empty, Page, Shown } from '../../part/shown';
import { go, href } from '../../route';
import { ClaimDialog, type NewClaim } from '../claims/dialog';
import { getWorkspace, listConnections, listPoints, listScripts } from '../ask';
import { clientsOf, type WorkspaceClient } from '../clients/words';
import type { At } from '../pages';
import { MappingDialog } from '../provider/mappingdialog';
import type { Attribute, Connection, Service, Workspace } from '../types';
import { choose, nameOf, net, ways, type Graph, type Node, type Way } from './graph';
import { Picture } from './picture';
import { Ways } from './table';

interface Said {
  graph: Graph;
  clients: WorkspaceClient[];
  connections: Connection[];
  server: Workspace;
  services: Service[];
  /** Names of scripts that can write into the context. */
  scripts: string[];
}

async function ask(workspace: string, wanted: string): Promise<Said> {
  const path = ['servers', workspace];
  const [clients, connections, server, { services }, scripts, points] = await Promise.all([
    clientsOf(workspace),
    listConnections(workspace),
    getWorkspace(workspace),
    admin<{ services: Service[] }>({ path: [...path, 'services'] }),
    listScripts(workspace),
    listPoints(workspace),
  ]);
  const client = clients.find((c) => c.client_id === wanted)?.client_id ?? clients[0]?.client_id ?? '';
  // With its dead ends: a way that does not arrive is what somebody is looking for.
  const graph = await admin<Graph>({ path: [...path, 'data-lineage'], query: { client_id: client, dead_ends: client && 'true' } });
  const writing = new Set(points.filter((p) => p.type === 'post_authn_ctx').map((p) => p.script_id));
  return { graph, clients, connections, server, services, scripts: scripts.filter((s) => writing.has(s.id)).map((s) => s.name) };
}

/** A mapping that is to be made: of which connection, from what, to what. */
interface Mapped {
  connection: Connection;
  from?: Attribute;
  to?: string;
}

function withConnection(connections: Connection[], id: string, to: string | undefined): Mapped | undefined {
  const connection = connections.find((c) => c.id === id);
  return connection && { connection, to };
}

export default function Lineage({ workspace, query }: At) {
  const wanted = query.get('client') ?? '';
  const asked = useAsk(() => ask(workspace, wanted), [workspace, wanted]);
  return (
    <Page title="Data lineage" about="From what providers say to what a client gets, by the settings alone. A sign-in trace tells what one sign-in made of it.">
      <Shown of={asked}>{(said) => <Look workspace={workspace} said={said} again={asked.again} />}</Shown>
    </Page>
  );
}

function Look({ workspace, said, again }: { workspace: string; said: Said; again: () => void }) {
  const { graph, clients, connections } = said;
  const [connection, setConnection] = useState('');
  const [text, setText] = useState('');
  const [dead, setDead] = useState(false);
  const [held, hold] = useState('');
  const [view, setView] = useState('picture');
  const [mapping, setMapping] = useState<Mapped>();
  const [claim, setClaim] = useState<NewClaim>();
  const wide = useWide();
  const g = useMemo(() => net(graph, connection), [graph, connection]);
  const all = useMemo(() => ways(g), [g]);
  const shown = useMemo(() => choose(all, { text, dead }), [all, text, dead]);
  const ending = all.filter((w) => w.ends).length;
  const everywhere = { value: '', label: 'All connections' };
  const byConnection = [everywhere, ...graph.nodes.filter((n) => n.kind === 'idp').map((n) => ({ value: n.id, label: n.label }))];
  const byClient = clients.map((c) => ({ value: c.client_id, label: c.client_name || c.client_id, description: c.client_id }));
  const client = byClient.find((o) => `client:${o.value}` === g.client?.id) ?? null;
  const idOf = (node: string | undefined) => node?.replace(/^idp:/, '');
  const chosen = connections.filter((c) => !connection || c.id === idOf(connection));
  const of = (n: Node) => {
    const c = connections.find((x) => x.id === idOf(n.of));
    if (c) setMapping({ connection: c, from: c.attributes.find((a) => a.source === n.source && a.name === nameOf(n)) });
  };
  /** A button where it is clear which connection is to have the mapping, a menu where it is not. */
  const add = (to?: string, inline = false) => {
    const [only] = chosen;
    if (!only || chosen.length > 1) {
      return <ButtonDropdown variant={inline ? 'inline-icon' : 'normal'} ariaLabel={to ? `Map something to ${to}` : undefined} disabled={!only} items={chosen.map((c) => ({ id: c.id, text: c.name }))} onItemClick={(e) => setMapping(withConnection(connections, e.detail.id, to))} expandToViewport>{inline ? undefined : 'Add mapping'}</ButtonDropdown>;
    }
    return <Button variant={inline ? 'inline-link' : 'normal'} ariaLabel={to ? `Map something to ${to}` : undefined} onClick={() => setMapping({ connection: only, to })}>Add mapping</Button>;
  };

  const acts = (n: Node) => (
    <SpaceBetween direction="horizontal" size="xs">
      {n.kind === 'attribute' && <Button onClick={() => of(n)}>Add mapping</Button>}
      {n.kind === 'authn_context' && add(nameOf(n))}
      {n.kind === 'authn_context' && <Button onClick={() => setClaim({ source_path: nameOf(n) })}>Add claim</Button>}
      {n.kind === 'idp' && <Link href={href(['workspaces', workspace, 'providers', idOf(n.id) ?? ''])}>Its page</Link>}
      {n.kind === 'claim' && <Link href={href(['workspaces', workspace, 'claims'])}>Claims and scopes</Link>}
      {n.kind === 'client' && <Link href={href(['workspaces', workspace, 'clients', n.id.slice('client:'.length)])}>Its page</Link>}
    </SpaceBetween>
  );
  const remedy = (w: Way) => {
    if (!w.ends) return '–';
    const [attribute, context] = [w.attribute, w.context];
    if (attribute && !context) return <Button variant="inline-link" ariaLabel={`Map ${nameOf(attribute)}`} onClick={() => of(attribute)}>Add mapping</Button>;
    if (context && !w.claim && attribute) return <Button variant="inline-link" ariaLabel={`Add a claim of ${nameOf(context)}`} onClick={() => setClaim({ source_path: nameOf(context) })}>Add claim</Button>;
    if (context && !attribute && chosen.length > 0) return add(nameOf(context), true);
    return w.claim && g.client ? <Link href={href(['workspaces', workspace, 'clients', g.client.id.slice('client:'.length)])} ariaLabel={`The scopes of ${g.client.label}`}>Its scopes</Link> : '–';
  };
  return (
    <SpaceBetween size="l">
      <Container>
        <SpaceBetween size="m">
          <Grid gridDefinition={[{ colspan: { default: 12, xs: 4 } }, { colspan: { default: 12, xs: 4 } }, { colspan: { default: 12, xs: 4 } }]}>
            <FormField label="Client">
              <Select selectedOption={client} options={byClient} onChange={(e) => go(['workspaces', workspace, 'lineage'], { client: e.detail.selectedOption.value ?? '' })} placeholder="There is none yet" empty="There is none yet." filteringType={byClient.length > 8 ? 'auto' : 'none'} expandToViewport />
            </FormField>
            <FormField label="Connection">
              <Select selectedOption={byConnection.find((o) => o.value === connection) ?? everywhere} options={byConnection} onChange={(e) => setConnection(e.detail.selectedOption.value ?? '')} filteringType={byConnection.length > 8 ? 'auto' : 'none'} expandToViewport />
            </FormField>
            <FormField label="Name">
              <TextFilter filteringText={text} filteringPlaceholder="Part of a name" filteringAriaLabel="Part of a name" filteringClearAriaLabel="Clear" countText={text.trim() ? `${shown.length} found` : undefined} onChange={(e) => setText(e.detail.filteringText)} />
            </FormField>
          </Grid>
          <div className="lineage-tools">
            <Checkbox checked={dead} onChange={(e) => setDead(e.detail.checked)}>{`Only what does not arrive (${ending})`}</Checkbox>
            <SpaceBetween direction="horizontal" size="xs" alignItems="center">
              {wide && <SegmentedControl selectedId={view} onChange={(e) => setView(e.detail.selectedId)} label="Show it as" options={[{ id: 'picture', text: 'Picture' }, { id: 'table', text: 'Table' }]} />}
              <Button iconName="refresh" ariaLabel="Ask for the lineage again" onClick={again} />
              {connections.length > 0 && add()}
            </SpaceBetween>
          </div>
        </SpaceBetween>
      </Container>
      {said.scripts.length > 0 && <Alert type="info">{`Scripts write into the context, too, and no settings say what: ${said.scripts.join(', ')}. Sign-in traces do.`}</Alert>}
      {connections.length === 0 && <Alert type="info" action={<Button href={href(['workspaces', workspace, 'providers'])}>Identity providers</Button>}>Nothing comes from anywhere: the workspace has no connection yet.</Alert>}
      {clients.length === 0 && <Alert type="info" action={<Button href={href(['workspaces', workspace, 'clients'])}>Applications</Button>}>Nobody gets anything: the workspace has no application yet.</Alert>}
      {wide && view === 'picture' && shown.length > 0 && <Container><Picture g={g} shown={shown} held={held} hold={hold} actions={acts} /></Container>}
      {wide && view === 'picture' && shown.length === 0 && <Container><Empty title="Nothing like that">No way has this in it.</Empty></Container>}
      {(!wide || view === 'table') && <Ways g={g} shown={shown} actions={remedy} narrow={!wide} />}
      {mapping && <MappingDialog space={said.server} connection={mapping.connection} path={['servers', workspace, 'idps', mapping.connection.method, mapping.connection.id]} mapping={undefined} from={mapping.from} to={mapping.to} close={() => setMapping(undefined)} done={again} />}
      {claim && <ClaimDialog workspace={workspace} services={said.services} schema={said.server.authentication_context_settings.attributes} start={claim} close={() => setClaim(undefined)} done={again} />}
    </SpaceBetween>
  );
}

const room = matchMedia('(min-width: 900px)');

/** Whether there is room for the picture; where there is not, the table says it all. */
function useWide(): boolean {
  return useSyncExternalStore(
    (w) => {
      room.addEventListener('change', w);
      return () => room.removeEventListener('change', w);
    },
    () => room.matches,
  );
}
