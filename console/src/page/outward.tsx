// Where a pool meets others: its domain, its resource servers, and the identity providers that people come from.
import {
  CreateResourceServerCommand, CreateUserPoolDomainCommand, DeleteResourceServerCommand, DeleteUserPoolDomainCommand,
  DescribeUserPoolCommand, DescribeUserPoolDomainCommand, ListResourceServersCommand, UpdateResourceServerCommand, type ResourceServerType,
} from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { every } from '../every';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { Destroy, Dialog } from '../part/dialog';
import { List } from '../part/list';
import { Empty, Page, Shown } from '../part/shown';
import { Providers } from '../provider/list';

export default function Outward({ pool }: { pool: string }) {
  return (
    <Page title="Domain, APIs and providers" about="Where people sign in, what tokens are good for, and where people come from.">
      <Domain pool={pool} />
      <ResourceServers pool={pool} />
      <Providers pool={pool} />
    </Page>
  );
}

function Domain({ pool }: { pool: string }) {
  const asked = useAsk(async () => {
    const p = (await userPools().send(new DescribeUserPoolCommand({ UserPoolId: pool }))).UserPool ?? {};
    const names = [p.Domain, p.CustomDomain].filter((d) => d !== undefined && d !== '');
    const found = await Promise.all(names.map(async (Domain) => (await userPools().send(new DescribeUserPoolDomainCommand({ Domain }))).DomainDescription ?? {}));
    return found;
  }, [pool]);
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState('');
  const [name, setName] = useState('');
  const input = { UserPoolId: pool, Domain: name.trim(), ManagedLoginVersion: 2 };
  return (
    <Container header={<Header variant="h2" actions={asked.data?.length === 0 && <Button onClick={() => setAdding(true)}>Create domain</Button>}>Domain</Header>}>
      <Shown of={asked}>
        {(all) => all.length === 0 ? <Empty title="There is no domain">The sign-in pages are found below /{pool}/ only, of the same origin as this console.</Empty> : (
          <>
            {all.map((d) => (
              <KeyValuePairs
                key={d.Domain}
                columns={4}
                items={[
                  { label: 'Domain', value: d.Domain },
                  { label: 'Status', value: d.Status },
                  { label: 'Pages', value: d.ManagedLoginVersion === 1 ? 'classic hosted UI' : 'managed login' },
                  { label: 'Change', value: <Button variant="inline-link" ariaLabel={`Delete the domain ${d.Domain}`} onClick={() => setEnding(d.Domain ?? '')}>Delete</Button> },
                ]}
              />
            ))}
          </>
        )}
      </Shown>
      {adding && (
        <Dialog title="Create domain" submit="Create domain" ready={name.trim() !== ''} change={() => userPools().send(new CreateUserPoolDomainCommand(input))} said="The domain is there." close={() => setAdding(false)} done={asked.again} cli={[{ service: 'cognito-idp', operation: 'CreateUserPoolDomain', input }]}>
          <FormField label="Domain" description="The first part of the host. No other pool may have it."><Input value={name} onChange={(e) => setName(e.detail.value)} name="domain" autoFocus spellcheck={false} autoComplete={false} /></FormField>
        </Dialog>
      )}
      {ending && <Destroy title={`Delete the domain ${ending}`} name={ending} change={() => userPools().send(new DeleteUserPoolDomainCommand({ UserPoolId: pool, Domain: ending }))} said="The domain was deleted." close={() => setEnding('')} done={asked.again} cli={[{ service: 'cognito-idp', operation: 'DeleteUserPoolDomain', input: { UserPoolId: pool, Domain: ending } }]}>Apps that send people there lead nowhere.</Destroy>}
    </Container>
  );
}

async function serversOf(pool: string): Promise<ResourceServerType[]> {
  return every<ResourceServerType>(async (next) => {
    const answer = await userPools().send(new ListResourceServersCommand({ UserPoolId: pool, MaxResults: 50, NextToken: next }));
    return [answer.ResourceServers, answer.NextToken];
  });
}

function ResourceServers({ pool }: { pool: string }) {
  const asked = useAsk(() => serversOf(pool), [pool]);
  const [edit, setEdit] = useState<ResourceServerType | 'new'>();
  const [ending, setEnding] = useState('');
  const gone = { UserPoolId: pool, Identifier: ending };
  return (
    <>
      <List
        title="Resource servers"
        about="APIs with scopes of their own, which access tokens name as IDENTIFIER/SCOPE."
        of={asked}
        id={(r) => r.Identifier ?? ''}
        columns={[
          { id: 'id', header: 'Identifier', by: (r) => r.Identifier ?? '', cell: (r) => r.Identifier },
          { id: 'name', header: 'Name', cell: (r) => r.Name },
          { id: 'scopes', header: 'Scopes', cell: (r) => r.Scopes?.map((s) => s.ScopeName).join(', ') || 'none' },
          { id: 'act', header: 'Change', cell: (r) => <><Button variant="inline-link" ariaLabel={`Edit ${r.Identifier}`} onClick={() => setEdit(r)}>Edit</Button>{' '}<Button variant="inline-link" ariaLabel={`Delete ${r.Identifier}`} onClick={() => setEnding(r.Identifier ?? '')}>Delete</Button></> },
        ]}
        actions={<Button onClick={() => setEdit('new')}>Create resource server</Button>}
        empty={<Empty title="There are no resource servers">Machines need one: client credentials are for scopes of an API.</Empty>}
      />
      {edit && <EditServer pool={pool} server={edit === 'new' ? undefined : edit} close={() => setEdit(undefined)} done={asked.again} />}
      {ending && <Destroy title={`Delete the resource server ${ending}`} name={ending} change={() => userPools().send(new DeleteResourceServerCommand(gone))} said="The resource server was deleted." close={() => setEnding('')} done={asked.again} cli={[{ service: 'cognito-idp', operation: 'DeleteResourceServer', input: gone }]}>Its scopes are given to nobody any more.</Destroy>}
    </>
  );
}

function EditServer({ pool, server, close, done }: { pool: string; server: ResourceServerType | undefined; close: () => void; done: () => void }) {
  const [id, setId] = useState(server?.Identifier ?? '');
  const [name, setName] = useState(server?.Name ?? '');
  const [scopes, setScopes] = useState((server?.Scopes ?? []).map((s) => `${s.ScopeName} ${s.ScopeDescription}`).join('\n'));
  const parsed = scopes.split('\n').map((l) => l.trim()).filter(Boolean).map((l) => {
    const [ScopeName = '', ...rest] = l.split(/\s+/);
    return { ScopeName, ScopeDescription: rest.join(' ') || ScopeName };
  });
  const input = { UserPoolId: pool, Identifier: id.trim(), Name: name.trim() || id.trim(), Scopes: parsed };
  return (
    <Dialog title={server ? `Resource server ${server.Identifier}` : 'Create resource server'} submit={server ? 'Save' : 'Create resource server'} ready={id.trim() !== ''} change={() => (server ? userPools().send(new UpdateResourceServerCommand(input)) : userPools().send(new CreateResourceServerCommand(input)))} said="The resource server is saved." close={close} done={done} cli={[{ service: 'cognito-idp', operation: server ? 'UpdateResourceServer' : 'CreateResourceServer', input }]}>
      {!server && <FormField label="Identifier" description="Often the address of the API."><Input value={id} onChange={(e) => setId(e.detail.value)} name="identifier" autoFocus spellcheck={false} autoComplete={false} /></FormField>}
      <FormField label={<>Name <i>– optional</i></>}><Input value={name} onChange={(e) => setName(e.detail.value)} name="name" autoComplete={false} /></FormField>
      <FormField label="Scopes" description="One a line: its name, then what it allows."><Textarea value={scopes} onChange={(e) => setScopes(e.detail.value)} name="scopes" rows={3} placeholder="read Read contacts" spellcheck={false} /></FormField>
    </Dialog>
  );
}
