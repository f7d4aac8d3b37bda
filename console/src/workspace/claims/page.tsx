// What tokens of a workspace say of people, and the scopes that let it out.
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Link from '@cloudscape-design/components/link';
import Select from '@cloudscape-design/components/select';
import Tabs from '@cloudscape-design/components/tabs';
import { useState } from 'react';
import { admin } from '../../admin';
import { useAsk, type Asked } from '../../ask';
import { Dialog } from '../../part/dialog';
import { List } from '../../part/list';
import { Empty, Page } from '../../part/shown';
import { go, href } from '../../route';
import { tokenName } from '../lineage/graph';
import { getWorkspace } from '../ask';
import type { At } from '../pages';
import type { Claim, Scope, Service, Workspace } from '../types';
import { ClaimDialog } from './dialog';

interface Said {
  claims: Claim[];
  services: Service[];
  server: Workspace;
}

async function ask(workspace: string): Promise<Said> {
  const path = ['servers', workspace];
  const [{ claims }, { services }, server] = await Promise.all([
    admin<{ claims: Claim[] }>({ path: [...path, 'claims'] }), admin<{ services: Service[] }>({ path: [...path, 'services'] }), getWorkspace(workspace),
  ]);
  return { claims, services, server };
}

export default function Claims({ workspace, rest }: At) {
  const asked = useAsk(() => ask(workspace), [workspace]);
  const tab = rest[0] === 'scopes' ? 'scopes' : 'claims';
  return (
    <Page title="Claims and scopes" about={<>A claim takes something of the context out, where one of its scopes was granted. <Link href={href(['workspaces', workspace, 'lineage'])}>Data lineage</Link> shows who gets what.</>}>
      <Tabs
        activeTabId={tab}
        onChange={(e) => go(['workspaces', workspace, 'claims', ...(e.detail.activeTabId === 'scopes' ? ['scopes'] : [])])}
        ariaLabel="Claims and scopes"
        tabs={[
          { id: 'claims', label: 'Claims', content: tab === 'claims' && <AllClaims workspace={workspace} asked={asked} /> },
          { id: 'scopes', label: 'Scopes', content: tab === 'scopes' && <AllScopes workspace={workspace} asked={asked} /> },
        ]}
      />
    </Page>
  );
}

function AllClaims({ workspace, asked }: { workspace: string; asked: Asked<Said> }) {
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Claim>();
  const path = ['servers', workspace, 'claims', ending?.id ?? ''];
  const add = <Button variant="primary" disabled={!asked.data} onClick={() => setAdding(true)}>Add claim</Button>;
  return (
    <>
      <List
        title="Claims"
        of={{ ...asked, data: asked.data?.claims }}
        id={(c) => c.id}
        text={(c) => `${c.name} ${c.source_path} ${c.scopes?.join(' ')} ${tokenName(c.type)}`}
        columns={[
          { id: 'name', header: 'Claim', minWidth: 170, by: (c) => c.name, cell: (c) => <code>{c.name}</code> },
          { id: 'type', header: 'In the', by: (c) => c.type, cell: (c) => tokenName(c.type) + (c.opaque ? ', opaque' : '') },
          { id: 'source', header: 'Takes', minWidth: 170, by: (c) => c.source_path, cell: (c) => <><code>{c.source_path}</code> of the {c.source_type === 'client' ? 'client' : 'context'}</> },
          { id: 'scopes', header: 'Scopes', by: (c) => c.scopes?.join(' ') ?? '', cell: (c) => c.scopes?.join(', ') || 'always goes' },
          { id: 'act', header: 'Change', cell: (c) => <Button variant="inline-link" ariaLabel={`Remove the claim ${c.name} of the ${tokenName(c.type)}`} onClick={() => setEnding(c)}>Remove</Button> },
        ]}
        actions={add}
        empty={<Empty title="There are no claims" action={add}>Tokens then say who somebody is, and nothing more.</Empty>}
      />
      {adding && asked.data && <ClaimDialog workspace={workspace} services={asked.data.services} schema={asked.data.server.authentication_context_settings.attributes} start={{}} close={() => setAdding(false)} done={asked.again} />}
      {ending && (
        <Dialog title={`Remove the claim ${ending.name}?`} submit="Remove" change={() => admin({ method: 'DELETE', path })} said={`The claim ${ending.name} was removed.`} close={() => setEnding(undefined)} done={asked.again} cli={[{ method: 'DELETE', path }]}>
          {`New tokens do not have it in the ${tokenName(ending.type)} any more, refreshed ones neither.`}
        </Dialog>
      )}
    </>
  );
}

type Row = Scope & { service: Service };

function AllScopes({ workspace, asked }: { workspace: string; asked: Asked<Said> }) {
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Row>();
  const path = ['servers', workspace, 'services', ending?.service.id ?? '', 'scopes', ending?.scope_name ?? ''];
  const add = <Button variant="primary" disabled={!asked.data} onClick={() => setAdding(true)}>Add scope</Button>;
  const rows = asked.data?.services.flatMap((service) => service.scopes.map((s): Row => ({ ...s, service })));
  const behind = (s: Scope) => (asked.data?.claims ?? []).filter((c) => c.scopes?.includes(s.scope_name)).map((c) => c.name);
  return (
    <>
      <List
        title="Scopes"
        of={{ ...asked, data: rows }}
        id={(s) => s.id}
        text={(s) => `${s.scope_name} ${s.display_name ?? ''} ${s.service.name}`}
        columns={[
          { id: 'name', header: 'Scope', minWidth: 150, by: (s) => s.scope_name, cell: (s) => <code>{s.scope_name}</code> },
          { id: 'display', header: 'As people read it', minWidth: 170, by: (s) => s.display_name ?? '', cell: (s) => s.display_name || '–' },
          { id: 'service', header: 'Service', by: (s) => s.service.name, cell: (s) => s.service.name },
          { id: 'consent', header: 'Consent', cell: consent },
          { id: 'claims', header: 'Lets out', minWidth: 170, cell: (s) => [...new Set(behind(s))].join(', ') || '–' },
          { id: 'act', header: 'Change', cell: (s) => <Button variant="inline-link" ariaLabel={`Remove the scope ${s.scope_name}`} onClick={() => setEnding(s)}>Remove</Button> },
        ]}
        actions={add}
        empty={<Empty title="There are no scopes" action={add} />}
      />
      {adding && asked.data && <NewScope workspace={workspace} services={asked.data.services} close={() => setAdding(false)} done={asked.again} />}
      {ending && (
        <Dialog title={`Remove the scope ${ending.scope_name}?`} submit="Remove" change={() => admin({ method: 'DELETE', path })} said={`The scope ${ending.scope_name} was removed.`} close={() => setEnding(undefined)} done={asked.again} cli={[{ method: 'DELETE', path }]}>
          Nobody can ask for it any more.
        </Dialog>
      )}
    </>
  );
}

function consent(s: Scope): string {
  if (s.implicit_grant) return 'nobody is asked';
  return s.transient ? 'asked each time' : 'asked once';
}

function NewScope({ workspace, services, close, done }: { workspace: string; services: Service[]; close: () => void; done: () => void }) {
  const fresh = { value: '', label: 'A new service', description: 'Scopes are listed by the service that they are of.' };
  const options = [fresh, ...services.map((s) => ({ value: s.id, label: s.name }))];
  const [service, setService] = useState('');
  const [title, setTitle] = useState('');
  const [name, setName] = useState('');
  const [display, setDisplay] = useState('');
  const [granted, setGranted] = useState(false);
  const [transient, setTransient] = useState(false);
  const scope = { scope_name: name.trim(), ...(display.trim() ? { display_name: display.trim() } : {}), ...(granted ? { implicit_grant: true } : {}), ...(transient && !granted ? { transient: true } : {}) };
  const request = service
    ? { path: ['servers', workspace, 'services', service, 'scopes'], body: scope }
    : { path: ['services'], body: { authorization_server_id: workspace, name: title.trim(), type: 'oauth2', scopes: [scope] } };
  return (
    <Dialog title="Add scope" submit="Add scope" ready={name.trim() !== '' && (service !== '' || title.trim() !== '')} change={() => admin(request)} said={`The scope ${name.trim()} is there.`} close={close} done={done} cli={[request]}>
      <FormField label="Service"><Select selectedOption={options.find((o) => o.value === service) ?? fresh} options={options} onChange={(e) => setService(e.detail.selectedOption.value ?? '')} expandToViewport /></FormField>
      {!service && <FormField label="Name of the service"><Input value={title} onChange={(e) => setTitle(e.detail.value)} name="service-name" placeholder="Org" autoComplete={false} /></FormField>}
      <FormField label="Scope" description="As clients ask for it."><Input value={name} onChange={(e) => setName(e.detail.value)} name="scope-name" placeholder="org.read" spellcheck={false} autoComplete={false} /></FormField>
      <FormField label={<>As people read it <i>– optional</i></>} description="When they are asked whether a client may have it."><Input value={display} onChange={(e) => setDisplay(e.detail.value)} name="scope-display" placeholder="See your organization" autoComplete={false} /></FormField>
      <Checkbox checked={granted} onChange={(e) => setGranted(e.detail.checked)} description="Clients get it where they ask for it.">Ask nobody for consent</Checkbox>
      {!granted && <Checkbox checked={transient} onChange={(e) => setTransient(e.detail.checked)} description="What was agreed to is not remembered.">Ask each time</Checkbox>}
    </Dialog>
  );
}
