// The scripts of a workspace, and where each runs.
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Link from '@cloudscape-design/components/link';
import RadioGroup from '@cloudscape-design/components/radio-group';
import { useRef, useState } from 'react';
import { admin } from '../../admin';
import { useAsk } from '../../ask';
import { Dialog } from '../../part/dialog';
import { List } from '../../part/list';
import { Empty, Page, When } from '../../part/shown';
import { go, href } from '../../route';
import { listConnections, listPoints } from '../ask';
import type { At } from '../pages';
import { One } from './script';
import { Secrets } from './secrets';
import { placeOf, pointTypes, type Written } from './words';

export default function Scripts({ workspace, rest: [id] }: At) {
  return id === undefined ? <All workspace={workspace} /> : <One workspace={workspace} id={id} />;
}

async function ask(workspace: string) {
  const [{ scripts }, points, idps] = await Promise.all([admin<{ scripts: Written[] }>({ path: ['servers', workspace, 'scripts'] }), listPoints(workspace), listConnections(workspace)]);
  const names = new Map(idps.map((c) => [c.id, c.name]));
  return scripts.map((s) => ({ ...s, places: points.filter((p) => p.script_id === s.id).map((p) => placeOf(p, names)) }));
}

function All({ workspace }: { workspace: string }) {
  const asked = useAsk(() => ask(workspace), [workspace]);
  const [adding, setAdding] = useState(false);
  const create = <Button variant="primary" onClick={() => setAdding(true)}>Create script</Button>;
  return (
    <Page title="Scripts" about="A script changes what is known of somebody, which connections a page shows, or what tokens say." actions={create}>
      <List
        title="Scripts"
        of={asked}
        id={(s) => s.id}
        text={(s) => `${s.name} ${s.places.join(' ')}`}
        columns={[
          { id: 'name', header: 'Name', minWidth: 150, by: (s) => s.name, cell: (s) => <Link href={href(['workspaces', workspace, 'scripts', s.id])}>{s.name}</Link> },
          { id: 'runs', header: 'Runs', minWidth: 220, by: (s) => s.places.join(' '), cell: (s) => (s.places.length > 0 ? <ul className="plain">{s.places.map((p) => <li key={p}>{p}</li>)}</ul> : 'nowhere') },
          { id: 'changed', header: 'Changed', minWidth: 170, by: (s) => s.updated_at, cell: (s) => <When at={new Date(s.updated_at)} /> },
        ]}
        empty={<Empty title="There are no scripts yet" action={create}>Try one before it runs anywhere: a test changes nothing.</Empty>}
      />
      <Secrets workspace={workspace} />
      {adding && <New workspace={workspace} close={() => setAdding(false)} />}
    </Page>
  );
}

const bodies: Record<string, string> = {
  post_authn_ctx: 'module.exports = async function (context) {\n  const name = context.authn_ctx.name\n  return { authn_ctx: { name: name.trim() } }\n}\n',
  allowed_idp_ids: 'module.exports = async function (context) {\n  return { idps_ids: context.idps.filter((c) => !c.hidden).map((c) => c.id) }\n}\n',
  token_minting: "module.exports = async function (context) {\n  return { access_token: { level: 'gold' } }\n}\n",
  client_token_minting: "module.exports = async function (context) {\n  return { access_token: { level: 'gold' } }\n}\n",
};

function New({ workspace, close }: { workspace: string; close: () => void }) {
  const [name, setName] = useState('');
  const [type, setType] = useState('post_authn_ctx');
  const made = useRef('');
  const path = ['servers', workspace, 'scripts'];
  const body = { name: name.trim(), body: bodies[type], test_input: JSON.stringify(pointTypes.find((t) => t.type === type)?.sample, null, 2) };
  return (
    <Dialog
      title="Create script"
      submit="Create script"
      ready={name.trim() !== ''}
      change={async () => {
        made.current = (await admin<Written>({ path, body })).id;
      }}
      said={`The script ${name.trim()} is there. It runs nowhere yet.`}
      close={close}
      done={() => go(['workspaces', workspace, 'scripts', made.current])}
      cli={[{ path, body }]}
    >
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="script-name" autoFocus autoComplete={false} /></FormField>
      <FormField label="It is to run" description="It begins with an example, and with something to try it with. Where it runs is said later."><RadioGroup value={type} onChange={(e) => setType(e.detail.value)} items={pointTypes.map((t) => ({ value: t.type, label: t.label, description: t.description }))} /></FormField>
    </Dialog>
  );
}
