// A new application of a workspace.
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import Textarea from '@cloudscape-design/components/textarea';
import Tiles from '@cloudscape-design/components/tiles';
import { useRef, useState } from 'react';
import { admin } from '../../admin';
import { useAsk } from '../../ask';
import { lines } from '../../page/clients';
import { Dialog } from '../../part/dialog';
import { Failed } from '../../part/shown';
import type { Service } from '../types';
import type { WorkspaceClient } from './words';

/** The scopes that a workspace has, to choose from. */
export function Scopes({ workspace, chosen, choose, machine }: { workspace: string; chosen: string[]; choose: (scopes: string[]) => void; machine: boolean }) {
  const asked = useAsk(async () => (await admin<{ services: Service[] }>({ path: ['servers', workspace, 'services'] })).services, [workspace]);
  const options = (asked.data ?? [])
    .filter((s) => !machine || s.type !== 'oidc')
    .map((s) => ({ label: s.name, options: s.scopes.map((x) => ({ value: x.scope_name, label: x.scope_name, description: x.display_name })) }));
  return (
    <>
      <Multiselect selectedOptions={chosen.map((v) => ({ value: v, label: v }))} options={options} onChange={(e) => choose(e.detail.selectedOptions.map((o) => o.value ?? ''))} placeholder={workspace === 'system' ? 'None' : 'All of the workspace'} statusType={asked.loading ? 'loading' : 'finished'} loadingText="Asking the server" deselectAriaLabel={(o) => `Remove ${o.label}`} filteringType="auto" tokenLimit={12} expandToViewport />
      <Failed fault={asked.fault} again={asked.again} />
    </>
  );
}

export function NewClient({ workspace, close, done }: { workspace: string; close: () => void; done: (c: WorkspaceClient) => void }) {
  const system = workspace === 'system';
  const [name, setName] = useState('');
  const [kind, setKind] = useState(system ? 'machine' : 'server');
  const [urls, setUrls] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [trusted, setTrusted] = useState(false);
  const made = useRef<WorkspaceClient>(null);
  const machine = kind === 'machine';
  const body = {
    authorization_server_id: workspace,
    client_name: name.trim(),
    ...(machine ? { grant_types: ['client_credentials'] } : { redirect_uris: lines(urls), ...(trusted ? { trusted } : {}) }),
    ...(kind === 'public' ? { token_endpoint_auth_method: 'none' } : {}),
    ...(scopes.length > 0 ? { scopes } : {}),
  };
  return (
    <Dialog
      title="Create application"
      submit="Create application"
      large
      ready={name.trim() !== '' && (machine ? !system || scopes.length > 0 : lines(urls).length > 0)}
      change={async () => {
        made.current = await admin<WorkspaceClient>({ path: ['clients'], body });
      }}
      said={`The application ${name.trim()} is there.`}
      close={close}
      done={() => made.current && done(made.current)}
      cli={[{ path: ['clients'], body }]}
    >
      <FormField label="Name" description={system ? undefined : 'People read it when they sign in.'}><Input value={name} onChange={(e) => setName(e.detail.value)} name="client-name" autoFocus spellcheck={false} autoComplete={false} /></FormField>
      {!system && (
        <FormField label="Kind" stretch>
          <Tiles
            value={kind}
            onChange={(e) => setKind(e.detail.value)}
            ariaLabel="Kind"
            items={[
              { value: 'server', label: 'On a server', description: 'With a secret.' },
              { value: 'public', label: 'In a browser or on a phone', description: 'No secret: nobody could keep it there.' },
              { value: 'machine', label: 'A machine', description: 'Signs itself in (client credentials).' },
            ]}
          />
        </FormField>
      )}
      {!machine && <FormField label="Redirect URIs" description="Where people are sent back to, exactly. One a line." stretch><Textarea value={urls} onChange={(e) => setUrls(e.detail.value)} name="redirect-uris" rows={2} spellcheck={false} placeholder="https://intranet.example.com/callback" /></FormField>}
      <FormField label={<>Scopes {!system && <i>– optional</i>}</>} description={system ? 'What it may administer.' : 'What it may ask for. Without any, all that the workspace has.'} stretch><Scopes workspace={workspace} chosen={scopes} choose={setScopes} machine={machine} /></FormField>
      {!machine && <Checkbox checked={trusted} onChange={(e) => setTrusted(e.detail.checked)} description="For your own applications: people are not asked whether it may have what it asks for.">Trusted</Checkbox>}
    </Dialog>
  );
}
