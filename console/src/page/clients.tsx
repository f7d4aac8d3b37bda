// The app clients of a pool.
import { CreateUserPoolClientCommand, type CreateUserPoolClientCommandInput } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Link from '@cloudscape-design/components/link';
import Textarea from '@cloudscape-design/components/textarea';
import Tiles from '@cloudscape-design/components/tiles';
import { useRef, useState } from 'react';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { Dialog } from '../part/dialog';
import { List } from '../part/list';
import { Empty, Id, Page } from '../part/shown';
import { clientsOf } from '../pool/look';
import { go, href } from '../route';

export default function Clients({ pool }: { pool: string }) {
  const asked = useAsk(() => clientsOf(pool), [pool]);
  const [adding, setAdding] = useState(false);
  const create = <Button variant="primary" onClick={() => setAdding(true)}>Create app client</Button>;
  return (
    <Page title="App clients" about="An app signs people in as one of these." actions={create}>
      <List
        title="Clients"
        of={asked}
        id={(c) => c.ClientId ?? ''}
        text={(c) => `${c.ClientName} ${c.ClientId}`}
        columns={[
          { id: 'name', header: 'Name', by: (c) => c.ClientName ?? '', cell: (c) => <Link href={href(['pools', pool, 'clients', c.ClientId ?? ''])}>{c.ClientName}</Link> },
          { id: 'id', header: 'Client ID', by: (c) => c.ClientId ?? '', cell: (c) => <Id>{c.ClientId ?? ''}</Id> },
        ]}
        empty={<Empty title="There are no app clients" action={create}>Without one nobody can sign in.</Empty>}
      />
      {adding && <New pool={pool} close={() => setAdding(false)} />}
    </Page>
  );
}

/** Lines of a text field. */
export function lines(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

function New({ pool, close }: { pool: string; close: () => void }) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState('public');
  const [urls, setUrls] = useState('');
  const [scopes, setScopes] = useState('');
  const made = useRef('');
  const machine = kind === 'machine';
  const code = !machine && lines(urls).length > 0;
  const input: CreateUserPoolClientCommandInput = {
    UserPoolId: pool,
    ClientName: name.trim(),
    GenerateSecret: kind !== 'public',
    ...(machine
      ? { AllowedOAuthFlows: ['client_credentials'], AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthScopes: lines(scopes), ExplicitAuthFlows: [] }
      : { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'], PreventUserExistenceErrors: 'ENABLED' }),
    ...(code ? { AllowedOAuthFlows: ['code'], AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthScopes: ['openid', 'email', 'profile'], CallbackURLs: lines(urls), SupportedIdentityProviders: ['COGNITO'] } : {}),
    EnableTokenRevocation: true,
  };
  return (
    <Dialog
      title="Create app client"
      submit="Create app client"
      large
      ready={name.trim() !== '' && (!machine || lines(scopes).length > 0)}
      change={async () => {
        made.current = (await userPools().send(new CreateUserPoolClientCommand(input))).UserPoolClient?.ClientId ?? '';
      }}
      said={`The app client ${name.trim()} is there.`}
      close={close}
      done={() => go(['pools', pool, 'clients', made.current])}
      cli={[{ service: 'cognito-idp', operation: 'CreateUserPoolClient', input }]}
    >
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="client-name" autoFocus spellcheck={false} autoComplete={false} /></FormField>
      <FormField label="Kind" stretch>
        <Tiles
          value={kind}
          onChange={(e) => setKind(e.detail.value)}
          ariaLabel="Kind"
          items={[
            { value: 'public', label: 'In a browser or on a phone', description: 'No secret: nobody could keep it there.' },
            { value: 'server', label: 'On a server', description: 'With a secret.' },
            { value: 'machine', label: 'A machine', description: 'Signs itself in (client credentials).' },
          ]}
        />
      </FormField>
      {machine ? (
        <FormField label="Scopes" description="Of resource servers of this pool, such as contacts/read. One a line."><Textarea value={scopes} onChange={(e) => setScopes(e.detail.value)} name="scopes" rows={2} spellcheck={false} /></FormField>
      ) : (
        <FormField label={<>Callback URLs <i>– optional</i></>} description="Where the sign-in pages send people back to. One a line. With them, the client may use the authorization code flow."><Textarea value={urls} onChange={(e) => setUrls(e.detail.value)} name="callback-urls" rows={2} spellcheck={false} placeholder="http://localhost:3000/callback" /></FormField>
      )}
    </Dialog>
  );
}
