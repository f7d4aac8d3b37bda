// Identity pools: who is the same person, and which roles that person's credentials have.
import {
  DescribeIdentityPoolCommand, GetIdentityPoolRolesCommand, ListIdentitiesCommand, ListIdentityPoolsCommand, type IdentityPoolShortDescription,
} from '@aws-sdk/client-cognito-identity';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Link from '@cloudscape-design/components/link';
import { every } from '../every';
import { useAsk } from '../ask';
import { identityPools } from '../aws';
import { List } from '../part/list';
import { Code, Empty, Id, Page, Shown, When, YesNo } from '../part/shown';
import { href } from '../route';

export default function IdentityPools({ pool }: { pool: string | undefined }) {
  return pool === undefined ? <All /> : <Pool pool={pool} />;
}

async function poolsOf(): Promise<IdentityPoolShortDescription[]> {
  return every<IdentityPoolShortDescription>(async (next) => {
    const answer = await identityPools().send(new ListIdentityPoolsCommand({ MaxResults: 60, NextToken: next }));
    return [answer.IdentityPools, answer.NextToken];
  });
}

function All() {
  const asked = useAsk(poolsOf, []);
  return (
    <Page title="Identity pools" about="They give whoever has signed in temporary credentials of a role.">
      <List
        title="Pools"
        of={asked}
        id={(p) => p.IdentityPoolId ?? ''}
        text={(p) => `${p.IdentityPoolName} ${p.IdentityPoolId}`}
        columns={[
          { id: 'name', header: 'Name', by: (p) => p.IdentityPoolName ?? '', cell: (p) => <Link href={href(['identity-pools', p.IdentityPoolId ?? ''])}>{p.IdentityPoolName}</Link> },
          { id: 'id', header: 'ID', cell: (p) => <Id>{p.IdentityPoolId ?? ''}</Id> },
        ]}
        empty={<Empty title="There are no identity pools">They are made with <code>aws cognito-identity create-identity-pool</code>; roles stand in the server&apos;s configuration.</Empty>}
      />
    </Page>
  );
}

function Pool({ pool }: { pool: string }) {
  const here = { IdentityPoolId: pool };
  const asked = useAsk(async () => {
    const [p, roles] = await Promise.all([identityPools().send(new DescribeIdentityPoolCommand(here)), identityPools().send(new GetIdentityPoolRolesCommand(here))]);
    return { p, roles };
  }, [pool]);
  const identities = useAsk(async () => (await identityPools().send(new ListIdentitiesCommand({ ...here, MaxResults: 60 }))).Identities ?? [], [pool]);
  return (
    <Page title={asked.data?.p.IdentityPoolName ?? pool} about="An identity pool.">
      <Shown of={asked}>
        {({ p, roles }) => (
          <Container header={<Header variant="h2">The pool</Header>}>
            <KeyValuePairs
              columns={3}
              items={[
                { label: 'ID', value: <Id>{pool}</Id> },
                { label: 'Guests', value: <YesNo value={p.AllowUnauthenticatedIdentities} yes="May come in" no="Stay outside" /> },
                { label: 'Classic flow', value: <YesNo value={p.AllowClassicFlow} /> },
                { label: 'User pools', value: p.CognitoIdentityProviders?.map((c) => <div key={`${c.ProviderName} ${c.ClientId}`}>{c.ProviderName}, client {c.ClientId}{c.ServerSideTokenCheck ? ', tokens are looked up' : ''}</div>) ?? 'none' },
                { label: 'Other providers', value: [...Object.keys(p.SupportedLoginProviders ?? {}), ...(p.OpenIdConnectProviderARNs ?? []), ...(p.SamlProviderARNs ?? []), ...(p.DeveloperProviderName ? [p.DeveloperProviderName] : [])].join(', ') || 'none' },
                { label: 'Roles', value: Object.entries(roles.Roles ?? {}).map(([kind, arn]) => <div key={kind}>{kind}: {arn}</div>) },
              ]}
            />
            {Object.keys(roles.RoleMappings ?? {}).length > 0 && <Code label="Role mappings">{JSON.stringify(roles.RoleMappings, null, 2)}</Code>}
          </Container>
        )}
      </Shown>
      <List
        title="Identities"
        about="The first 60."
        of={identities}
        id={(i) => i.IdentityId ?? ''}
        text={(i) => `${i.IdentityId} ${i.Logins?.join(' ')}`}
        columns={[
          { id: 'id', header: 'ID', cell: (i) => <Id>{i.IdentityId ?? ''}</Id> },
          { id: 'logins', header: 'Signed in with', cell: (i) => i.Logins?.join(', ') || 'a guest' },
          { id: 'created', header: 'Created', cell: (i) => <When at={i.CreationDate} /> },
        ]}
        empty={<Empty title="Nobody has come yet" />}
      />
    </Page>
  );
}
