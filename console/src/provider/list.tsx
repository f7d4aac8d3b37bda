// The identity providers of a pool: where people come from who are of others.
import { DeleteIdentityProviderCommand, DescribeIdentityProviderCommand, DescribeUserPoolCommand, ListIdentityProvidersCommand, type ProviderDescription } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { every } from '../every';
import { Destroy } from '../part/dialog';
import { List } from '../part/list';
import { Code, Empty, Shown, When } from '../part/shown';
import { EditProvider } from './edit';
import { kinds, shownDetails } from './kinds';

type Act = { what: 'add' } | { what: 'edit' | 'show' | 'delete'; name: string };

export function Providers({ pool }: { pool: string }) {
  const asked = useAsk(() => every<ProviderDescription>(async (NextToken) => {
    const answer = await userPools().send(new ListIdentityProvidersCommand({ UserPoolId: pool, MaxResults: 60, NextToken }));
    return [answer.Providers, answer.NextToken];
  }), [pool]);
  const [act, setAct] = useState<Act>();
  const close = () => setAct(undefined);
  const button = (what: 'edit' | 'delete', name: string) => <Button variant="inline-link" ariaLabel={`${what === 'edit' ? 'Edit' : 'Delete'} ${name}`} onClick={() => setAct({ what, name })}>{what === 'edit' ? 'Edit' : 'Delete'}</Button>;
  const gone = { UserPoolId: pool, ProviderName: act?.what === 'delete' ? act.name : '' };
  return (
    <>
      <List
        title="Identity providers"
        about="People of others sign in here: by OpenID Connect, SAML or a social network."
        of={asked}
        id={(p: ProviderDescription) => p.ProviderName ?? ''}
        columns={[
          { id: 'name', header: 'Name', by: (p) => p.ProviderName ?? '', cell: (p) => <Button variant="inline-link" ariaLabel={`Settings of ${p.ProviderName}`} onClick={() => setAct({ what: 'show', name: p.ProviderName ?? '' })}>{p.ProviderName}</Button> },
          { id: 'type', header: 'Kind', by: (p) => p.ProviderType ?? '', cell: (p) => (p.ProviderType && kinds[p.ProviderType]?.text) ?? p.ProviderType },
          { id: 'changed', header: 'Changed', cell: (p) => <When at={p.LastModifiedDate} /> },
          { id: 'act', header: 'Change', cell: (p) => <SpaceBetween direction="horizontal" size="xs">{button('edit', p.ProviderName ?? '')}{button('delete', p.ProviderName ?? '')}</SpaceBetween> },
        ]}
        actions={<Button onClick={() => setAct({ what: 'add' })}>Add provider</Button>}
        empty={<Empty title="There are no identity providers">Everybody who signs in is a user of this pool.</Empty>}
      />
      {(act?.what === 'add' || act?.what === 'edit') && <Editing pool={pool} name={act.what === 'edit' ? act.name : undefined} close={close} done={asked.again} />}
      {act?.what === 'show' && <Settings pool={pool} name={act.name} close={close} />}
      {act?.what === 'delete' && <Destroy title={`Delete the identity provider ${act.name}`} name={act.name} change={() => userPools().send(new DeleteIdentityProviderCommand(gone))} said="The identity provider was deleted." close={close} done={asked.again} cli={[{ service: 'cognito-idp', operation: 'DeleteIdentityProvider', input: gone }]}>Nobody comes from there any more; the users that came stay.</Destroy>}
    </>
  );
}

async function described(pool: string, name: string) {
  return (await userPools().send(new DescribeIdentityProviderCommand({ UserPoolId: pool, ProviderName: name }))).IdentityProvider ?? {};
}

// Claims may only be mapped to attributes of the pool's schema, and never to what says who somebody is.
function Editing({ pool, name, close, done }: { pool: string; name: string | undefined; close: () => void; done: () => void }) {
  const asked = useAsk(async () => {
    const [p, provider] = await Promise.all([userPools().send(new DescribeUserPoolCommand({ UserPoolId: pool })), name === undefined ? undefined : described(pool, name)]);
    const attributes = (p.UserPool?.SchemaAttributes ?? []).map((a) => a.Name ?? '').filter((a) => a !== 'sub' && a !== 'identities' && !a.startsWith('dev:')).sort();
    return { attributes, provider };
  }, [pool, name]);
  if (!asked.data) return <Modal visible header={name ?? 'Add identity provider'} onDismiss={close} closeAriaLabel="Close"><Shown of={asked}>{() => null}</Shown></Modal>;
  return <EditProvider pool={pool} {...asked.data} close={close} done={done} />;
}

function Settings({ pool, name, close }: { pool: string; name: string; close: () => void }) {
  const asked = useAsk(() => described(pool, name), [pool, name]);
  return (
    <Modal visible header={name} onDismiss={close} closeAriaLabel="Close" size="large">
      <Shown of={asked}>{(p) => <Code label="Settings">{JSON.stringify({ type: p.ProviderType, details: shownDetails(p.ProviderType ?? '', p.ProviderDetails), attributes: p.AttributeMapping, identifiers: p.IdpIdentifiers }, null, 2)}</Code>}</Shown>
    </Modal>
  );
}
