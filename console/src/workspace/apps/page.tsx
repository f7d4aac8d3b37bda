// Custom applications: pages of somebody else's through which people are sent during a sign-in.
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useRef, useState } from 'react';
import { admin } from '../../admin';
import { useAsk } from '../../ask';
import { Destroy, Dialog } from '../../part/dialog';
import { List } from '../../part/list';
import { Empty, Id, Page } from '../../part/shown';
import { listApps, listConnections } from '../ask';
import type { At } from '../pages';
import { Secret } from '../secret';
import type { CustomApp } from '../types';

type Made = CustomApp & { client_secret?: string };

async function ask(workspace: string) {
  const [apps, idps] = await Promise.all([listApps(workspace), listConnections(workspace)]);
  return apps.map((a) => ({ ...a, connections: idps.filter((c) => c.post_authn_app_id === a.id).map((c) => c.name) }));
}

export default function CustomApps({ workspace }: At) {
  const asked = useAsk(() => ask(workspace), [workspace]);
  const [open, setOpen] = useState<CustomApp | 'new'>();
  const [ending, setEnding] = useState<CustomApp>();
  const [made, setMade] = useState<Made>();
  const path = ['servers', workspace, 'custom-apps', ending?.id ?? ''];
  const create = <Button variant="primary" onClick={() => setOpen('new')}>Create custom application</Button>;
  return (
    <Page title="Custom applications" about="Applications of your own that people are sent through after they came through a connection: for terms, a survey, another factor." actions={create}>
      {made?.client_secret && <Secret of={made.name} id={made.client_id} secret={made.client_secret} close={() => setMade(undefined)} />}
      <List
        title="Custom applications"
        of={asked}
        id={(a) => a.id}
        text={(a) => `${a.name} ${a.url}`}
        columns={[
          { id: 'name', header: 'Name', minWidth: 140, by: (a) => a.name, cell: (a) => a.name },
          { id: 'url', header: 'Address', minWidth: 200, by: (a) => a.url, cell: (a) => a.url },
          { id: 'used', header: 'People are sent there', minWidth: 170, cell: (a) => (a.type === 'consent' ? 'to be asked for consent' : a.connections.length > 0 ? `after ${a.connections.join(', ')}` : 'by no connection yet') },
          { id: 'client', header: 'Client ID', minWidth: 190, cell: (a) => <Id>{a.client_id}</Id> },
          {
            id: 'act', header: 'Change', minWidth: 140, cell: (a) => (
              <>
                <Button variant="inline-link" ariaLabel={`Edit ${a.name}`} onClick={() => setOpen(a)}>Edit</Button>{' '}
                <Button variant="inline-link" ariaLabel={`Delete ${a.name}`} onClick={() => setEnding(a)}>Delete</Button>
              </>
            ),
          },
        ]}
        empty={<Empty title="There are no custom applications" action={create}>A connection names the one that its people are sent through.</Empty>}
      />
      {open && <Save workspace={workspace} app={open === 'new' ? undefined : open} close={() => setOpen(undefined)} done={(a) => { setMade(a); asked.again(); }} />}
      {ending && (
        <Destroy title={`Delete ${ending.name}`} name={ending.name} change={() => admin({ method: 'DELETE', path })} said={`${ending.name} was deleted.`} close={() => setEnding(undefined)} done={asked.again} cli={[{ method: 'DELETE', path }]}>
          Its client ends with it. A connection that still names it lets nobody in.
        </Destroy>
      )}
    </Page>
  );
}

function Save({ workspace, app, close, done }: { workspace: string; app: CustomApp | undefined; close: () => void; done: (a: Made | undefined) => void }) {
  const [name, setName] = useState(app?.name ?? '');
  const [url, setUrl] = useState(app?.url ?? '');
  const made = useRef<Made>(undefined);
  const body = { name: name.trim(), url: url.trim(), type: app?.type ?? 'post-authn' };
  const request = app ? { method: 'PUT' as const, path: ['servers', workspace, 'custom-apps', app.id], body } : { path: ['servers', workspace, 'custom-apps'], body };
  return (
    <Dialog
      title={app ? `Edit ${app.name}` : 'Create custom application'}
      submit={app ? 'Save' : 'Create'}
      ready={body.name !== '' && body.url !== ''}
      change={async () => {
        made.current = await admin<Made>(request);
      }}
      said={app ? 'It is saved.' : `${body.name} is there.`}
      close={close}
      done={() => done(made.current)}
      cli={[request]}
    >
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="app-name" autoFocus autoComplete={false} /></FormField>
      <FormField label="Address" description="People come there with login_id and login_state."><Input value={url} onChange={(e) => setUrl(e.detail.value)} name="app-url" spellcheck={false} autoComplete={false} placeholder="https://terms.example.com/begin" /></FormField>
      {!app && <Alert type="info">It speaks to the server as a client of its own, whose secret is shown once.</Alert>}
    </Dialog>
  );
}
