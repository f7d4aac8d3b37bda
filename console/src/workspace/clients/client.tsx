// One application of a workspace.
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { admin, edit } from '../../admin';
import { useAsk } from '../../ask';
import { differences } from '../../edit';
import { lines } from '../../page/clients';
import { Destroy, Dialog } from '../../part/dialog';
import { Id, Page, Shown, YesNo } from '../../part/shown';
import { go, href } from '../../route';
import { Scopes } from './new';
import { kindOf, type WorkspaceClient } from './words';

export function One({ workspace, id }: { workspace: string; id: string }) {
  const path = ['clients', id];
  const asked = useAsk(() => admin<WorkspaceClient>({ path }), [id]);
  const [open, setOpen] = useState<'edit' | 'delete'>();
  const client = asked.data;
  const machine = client?.grant_types?.includes('client_credentials') ?? false;
  const name = client?.client_name || id;
  const actions = client && (
    <SpaceBetween direction="horizontal" size="xs">
      {!machine && <Button href={href(['workspaces', workspace, 'lineage'], { client: id })}>Data lineage</Button>}
      <Button onClick={() => setOpen('edit')}>Edit</Button>
      <Button onClick={() => setOpen('delete')}>Delete</Button>
    </SpaceBetween>
  );
  return (
    <Page title={name} about="An application of this workspace." actions={actions}>
      <Shown of={asked}>
        {(c) => (
          <Container header={<Header variant="h2">The client</Header>}>
            <KeyValuePairs
              columns={3}
              items={[
                { label: 'Client ID', value: <Id>{c.client_id}</Id> },
                { label: 'Runs', value: kindOf(c) },
                ...(machine ? [] : [{ label: 'Consent', value: <YesNo value={!c.trusted} yes="People are asked" no="Trusted: nobody is asked" /> }]),
                { label: 'Grants', value: c.grant_types?.join(', ') || '–' },
                ...(machine ? [] : [{ label: 'Redirect URIs', value: <ul className="plain">{(c.redirect_uris ?? []).map((u) => <li key={u}>{u}</li>)}</ul> }]),
                { label: 'Scopes', value: c.scopes?.join(', ') || '–' },
                { label: 'Begins at', value: c.client_uri ?? '–' },
                { label: 'Description', value: c.description ?? '–' },
              ]}
            />
          </Container>
        )}
      </Shown>
      {open === 'edit' && client && <Edit client={client} close={() => setOpen(undefined)} done={asked.again} />}
      {open === 'delete' && (
        <Destroy title={`Delete the application ${name}`} name={name} change={() => admin({ method: 'DELETE', path })} said={`The application ${name} was deleted.`} close={() => setOpen(undefined)} done={() => go(['workspaces', workspace, 'clients'])} cli={[{ method: 'DELETE', path }]}>
          Nobody can sign in to it any more, and its refresh tokens end.
        </Destroy>
      )}
    </Page>
  );
}

function Edit({ client, close, done }: { client: WorkspaceClient; close: () => void; done: () => void }) {
  const machine = client.grant_types?.includes('client_credentials') ?? false;
  const [name, setName] = useState(client.client_name);
  const [urls, setUrls] = useState((client.redirect_uris ?? []).join('\n'));
  const [scopes, setScopes] = useState(client.scopes ?? []);
  const [trusted, setTrusted] = useState(client.trusted ?? false);
  const [uri, setUri] = useState(client.client_uri ?? '');
  const [description, setDescription] = useState(client.description ?? '');
  const path = ['clients', client.client_id];
  const edits = differences(client, {
    client_name: name.trim(), scopes, description: description.trim() || undefined, client_uri: uri.trim() || undefined,
    ...(machine ? {} : { redirect_uris: lines(urls), trusted: trusted || undefined }),
  });
  return (
    <Dialog title={`Application ${client.client_name}`} submit="Save" large ready={name.trim() !== '' && edits.length > 0} change={() => edit(path, edits)} said="The application is saved." close={close} done={done} cli={[{ path, edits }]}>
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="client-name" spellcheck={false} autoComplete={false} /></FormField>
      {!machine && <FormField label="Redirect URIs" description="Where people are sent back to, exactly. One a line." stretch><Textarea value={urls} onChange={(e) => setUrls(e.detail.value)} name="redirect-uris" rows={3} spellcheck={false} /></FormField>}
      <FormField label="Scopes" description="What it may ask for." stretch><Scopes workspace={client.authorization_server_id} chosen={scopes} choose={setScopes} machine={machine} /></FormField>
      {!machine && <FormField label={<>Where people begin with it <i>– optional</i></>} description="The user portal leads there."><Input value={uri} onChange={(e) => setUri(e.detail.value)} name="client-uri" spellcheck={false} autoComplete={false} placeholder="https://intranet.example.com/" /></FormField>}
      <FormField label={<>Description <i>– optional</i></>}><Input value={description} onChange={(e) => setDescription(e.detail.value)} name="description" autoComplete={false} /></FormField>
      {!machine && <Checkbox checked={trusted} onChange={(e) => setTrusted(e.detail.checked)} description="People are not asked whether it may have what it asks for.">Trusted</Checkbox>}
    </Dialog>
  );
}
