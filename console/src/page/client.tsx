// One app client: how it signs people in, its secrets, and trying it.
import { DeleteUserPoolClientCommand, DescribeUserPoolClientCommand, type UserPoolClientType } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { EditClient } from '../client/edit';
import { Secrets } from '../client/secrets';
import { Destroy } from '../part/dialog';
import { Id, Page, Shown, When, YesNo } from '../part/shown';
import { go } from '../route';

export default function Client({ pool, client }: { pool: string; client: string }) {
  const who = { UserPoolId: pool, ClientId: client };
  const asked = useAsk(async () => (await userPools().send(new DescribeUserPoolClientCommand(who))).UserPoolClient ?? {}, [pool, client]);
  const [act, setAct] = useState<'edit' | 'delete'>();
  const name = asked.data?.ClientName ?? client;
  return (
    <Page
      title={name}
      about="An app client of this pool."
      actions={asked.data && <SpaceBetween direction="horizontal" size="xs"><Try pool={pool} client={asked.data} /><Button onClick={() => setAct('edit')}>Edit</Button><Button onClick={() => setAct('delete')}>Delete</Button></SpaceBetween>}
    >
      <Shown of={asked}>{(c) => <SpaceBetween size="l"><Settings client={c} /><Secrets pool={pool} client={c} again={asked.again} /></SpaceBetween>}</Shown>
      {act === 'edit' && asked.data && <EditClient pool={pool} client={asked.data} close={() => setAct(undefined)} done={asked.again} />}
      {act === 'delete' && (
        <Destroy title={`Delete the app client ${name}`} name={name} change={() => userPools().send(new DeleteUserPoolClientCommand(who))} said={`The app client ${name} was deleted.`} close={() => setAct(undefined)} done={() => go(['pools', pool, 'clients'])} cli={[{ service: 'cognito-idp', operation: 'DeleteUserPoolClient', input: who }]}>
          Apps that use it sign nobody in any more, and its tokens are worth nothing.
        </Destroy>
      )}
    </Page>
  );
}

const list = (values: string[] | undefined) => (values?.length ? <ul className="plain">{values.map((v) => <li key={v}>{v}</li>)}</ul> : 'none');

/** How long tokens live, with the unit that the client has or Cognito's default. */
function validity(value: number | undefined, unit: string | undefined, otherwise: string): string {
  return value ? `${value} ${unit ?? otherwise}` : 'the default';
}

function Settings({ client: c }: { client: UserPoolClientType }) {
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">The client</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'Client ID', value: <Id>{c.ClientId ?? ''}</Id> },
            { label: 'Kind', value: c.ClientSecret ? 'confidential: it has a secret' : 'public: it has no secret' },
            { label: 'Changed', value: <When at={c.LastModifiedDate} /> },
            { label: 'Signs in with', value: list(c.ExplicitAuthFlows) },
            { label: 'Hides who has an account', value: <YesNo value={c.PreventUserExistenceErrors === 'ENABLED'} yes="Yes" no="No" /> },
            { label: 'Tokens can be revoked', value: <YesNo value={c.EnableTokenRevocation !== false} yes="Yes" no="No" /> },
            { label: 'Access token', value: validity(c.AccessTokenValidity, c.TokenValidityUnits?.AccessToken, 'hours') },
            { label: 'ID token', value: validity(c.IdTokenValidity, c.TokenValidityUnits?.IdToken, 'hours') },
            { label: 'Refresh token', value: validity(c.RefreshTokenValidity, c.TokenValidityUnits?.RefreshToken, 'days') },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">Sign-in pages and OAuth 2.0</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'Grants', value: c.AllowedOAuthFlowsUserPoolClient ? list(c.AllowedOAuthFlows) : 'none: it does not use them' },
            { label: 'Scopes', value: list(c.AllowedOAuthScopes) },
            { label: 'Identity providers', value: list(c.SupportedIdentityProviders) },
            { label: 'Callback URLs', value: list(c.CallbackURLs) },
            { label: 'Sign-out URLs', value: list(c.LogoutURLs) },
          ]}
        />
      </Container>
    </SpaceBetween>
  );
}

/** Opens the sign-in pages as an app would, with a code challenge (PKCE) that nobody will answer. */
function Try({ pool, client: c }: { pool: string; client: UserPoolClientType }) {
  const [challenge, setChallenge] = useState('');
  useEffect(() => {
    const verifier = crypto.getRandomValues(new Uint8Array(32));
    const hex = Array.from(verifier, (b) => b.toString(16).padStart(2, '0')).join('');
    crypto.subtle?.digest('SHA-256', new TextEncoder().encode(hex)).then(
      (d) => setChallenge(btoa(String.fromCharCode(...new Uint8Array(d))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')),
      () => undefined, // without a secure context there is no digest: the link goes without a challenge
    );
  }, []);
  const url = c.CallbackURLs?.[0];
  if (!url || !c.AllowedOAuthFlows?.includes('code')) return null;
  const query = new URLSearchParams({
    client_id: c.ClientId ?? '', response_type: 'code', redirect_uri: url, scope: (c.AllowedOAuthScopes ?? []).join(' '), state: 'console',
    ...(challenge ? { code_challenge: challenge, code_challenge_method: 'S256' } : {}),
  });
  return <Button href={`/${pool}/oauth2/authorize?${query}`} target="_blank" rel="noopener noreferrer" iconName="external" iconAlign="right" variant="primary">Try the sign-in page</Button>;
}
