// Changing an app client. What is not shown here stays as it is.
import { UpdateUserPoolClientCommand, type ExplicitAuthFlowsType, type OAuthFlowType, type UserPoolClientType } from '@aws-sdk/client-cognito-identity-provider';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import Textarea from '@cloudscape-design/components/textarea';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { userPools } from '../aws';
import { lines } from '../page/clients';
import { Dialog } from '../part/dialog';
import { wholeClient } from '../pool/whole';

const flows: { value: ExplicitAuthFlowsType; description: string }[] = [
  { value: 'ALLOW_USER_SRP_AUTH', description: 'A password, by SRP: it never leaves the app' },
  { value: 'ALLOW_USER_PASSWORD_AUTH', description: 'A password, as it is' },
  { value: 'ALLOW_ADMIN_USER_PASSWORD_AUTH', description: 'A password, from a server with an access key' },
  { value: 'ALLOW_USER_AUTH', description: 'Choice: passkey, code or password' },
  { value: 'ALLOW_CUSTOM_AUTH', description: "A trigger's own challenges" },
  { value: 'ALLOW_REFRESH_TOKEN_AUTH', description: 'New tokens without signing in again' },
];
const grants: OAuthFlowType[] = ['code', 'implicit', 'client_credentials'];
const option = (value: string, description?: string) => ({ value, label: value, description });

export function EditClient({ pool, client, close, done }: { pool: string; client: UserPoolClientType; close: () => void; done: () => void }) {
  const [name, setName] = useState(client.ClientName ?? '');
  const [auth, setAuth] = useState<string[]>(client.ExplicitAuthFlows ?? []);
  const [oauth, setOauth] = useState<string[]>(client.AllowedOAuthFlows ?? []);
  const [scopes, setScopes] = useState((client.AllowedOAuthScopes ?? []).join('\n'));
  const [callbacks, setCallbacks] = useState((client.CallbackURLs ?? []).join('\n'));
  const [logouts, setLogouts] = useState((client.LogoutURLs ?? []).join('\n'));
  const [providers, setProviders] = useState((client.SupportedIdentityProviders ?? []).join('\n'));
  const [hide, setHide] = useState(client.PreventUserExistenceErrors === 'ENABLED');
  const [revoke, setRevoke] = useState(client.EnableTokenRevocation !== false);
  const input = wholeClient(client, {
    UserPoolId: pool,
    ClientName: name.trim(),
    ExplicitAuthFlows: auth as ExplicitAuthFlowsType[],
    AllowedOAuthFlows: oauth as OAuthFlowType[],
    AllowedOAuthFlowsUserPoolClient: oauth.length > 0,
    AllowedOAuthScopes: lines(scopes),
    CallbackURLs: lines(callbacks),
    LogoutURLs: lines(logouts),
    SupportedIdentityProviders: lines(providers),
    PreventUserExistenceErrors: hide ? 'ENABLED' : 'LEGACY',
    EnableTokenRevocation: revoke,
  });
  return (
    <Dialog title={`App client ${client.ClientName}`} submit="Save" large ready={name.trim() !== ''} change={() => userPools().send(new UpdateUserPoolClientCommand(input))} said="The app client is saved." close={close} done={done} cli={[{ service: 'cognito-idp', operation: 'UpdateUserPoolClient', input }]}>
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="client-name" spellcheck={false} autoComplete={false} /></FormField>
      <FormField label="Signs people in with" stretch>
        <Multiselect selectedOptions={auth.map((v) => option(v))} options={flows.map((f) => option(f.value, f.description))} onChange={(e) => setAuth(e.detail.selectedOptions.map((o) => o.value ?? ''))} placeholder="Nothing" deselectAriaLabel={(o) => `Remove ${o.label}`} expandToViewport />
      </FormField>
      <FormField label="OAuth 2.0 grants" stretch>
        <Multiselect selectedOptions={oauth.map((v) => option(v))} options={grants.map((g) => option(g))} onChange={(e) => setOauth(e.detail.selectedOptions.map((o) => o.value ?? ''))} placeholder="None" deselectAriaLabel={(o) => `Remove ${o.label}`} expandToViewport />
      </FormField>
      <FormField label="Callback URLs" description="One a line." stretch><Textarea value={callbacks} onChange={(e) => setCallbacks(e.detail.value)} name="callback-urls" rows={3} spellcheck={false} /></FormField>
      <FormField label="Sign-out URLs" description="One a line." stretch><Textarea value={logouts} onChange={(e) => setLogouts(e.detail.value)} name="logout-urls" rows={2} spellcheck={false} /></FormField>
      <FormField label="Scopes" description="One a line." stretch><Textarea value={scopes} onChange={(e) => setScopes(e.detail.value)} name="scopes" rows={3} spellcheck={false} /></FormField>
      <FormField label="Identity providers" description="COGNITO for the pool's own users. One a line." stretch><Textarea value={providers} onChange={(e) => setProviders(e.detail.value)} name="providers" rows={2} spellcheck={false} /></FormField>
      <Toggle checked={hide} onChange={(e) => setHide(e.detail.checked)}>Hide from strangers who has an account</Toggle>
      <Toggle checked={revoke} onChange={(e) => setRevoke(e.detail.checked)}>Its tokens can be revoked</Toggle>
    </Dialog>
  );
}
