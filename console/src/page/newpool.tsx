// A new pool: few questions, good defaults, and the command that it equals.
import { CreateUserPoolClientCommand, CreateUserPoolCommand, CreateUserPoolDomainCommand, SetUserPoolMfaConfigCommand, type CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tiles from '@cloudscape-design/components/tiles';
import Toggle from '@cloudscape-design/components/toggle';
import { useRef, useState } from 'react';
import { useDo } from '../ask';
import { userPools } from '../aws';
import { useAbout } from '../part/about';
import { Cli, type Call } from '../part/dialog';
import { useNotices } from '../part/notices';
import { Failed, Page } from '../part/shown';
import { go } from '../route';

const required = ['name', 'given_name', 'family_name', 'birthdate', 'phone_number', 'locale', 'zoneinfo', 'preferred_username', 'nickname'].map((value) => ({ value, label: value }));

export default function NewPool() {
  const about = useAbout();
  const notices = useNotices();
  const act = useDo();
  const [name, setName] = useState('');
  const [by, setBy] = useState('email');
  const [mfa, setMfa] = useState<'OPTIONAL' | 'ON' | 'OFF'>('OPTIONAL');
  const [needed, setNeeded] = useState<readonly { value?: string; label?: string }[]>([]);
  const [signUp, setSignUp] = useState(true);
  const [app, setApp] = useState(true);
  const [callback, setCallback] = useState('');
  const [domain, setDomain] = useState('');
  const [made, setMade] = useState('');
  const steps = useRef(new Set<string>());

  const phone = by === 'phone_number';
  const attribute = phone ? 'phone_number' : 'email';
  const pool: CreateUserPoolCommandInput = {
    PoolName: name.trim(),
    ...(by === 'username' ? { AliasAttributes: ['email' as const] } : { UsernameAttributes: [phone ? 'phone_number' as const : 'email' as const] }),
    AutoVerifiedAttributes: [phone ? 'phone_number' : 'email'],
    UsernameConfiguration: { CaseSensitive: false },
    Schema: [attribute, ...needed.map((n) => n.value ?? '').filter((n) => n !== attribute)].map((n) => ({ Name: n, Required: true, Mutable: true })),
    Policies: { PasswordPolicy: { MinimumLength: 12, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: false, TemporaryPasswordValidityDays: 7 } },
    AccountRecoverySetting: { RecoveryMechanisms: [{ Name: phone ? 'verified_phone_number' : 'verified_email', Priority: 1 }] },
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: !signUp },
    DeletionProtection: 'ACTIVE',
  };
  const factors = { MfaConfiguration: mfa, SoftwareTokenMfaConfiguration: { Enabled: true } };
  const url = callback.trim();
  const client = {
    ClientName: `${name.trim()}-web`,
    ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const],
    PreventUserExistenceErrors: 'ENABLED' as const,
    EnableTokenRevocation: true,
    ...(url ? { AllowedOAuthFlows: ['code' as const], AllowedOAuthScopes: ['openid', 'email', 'profile'], AllowedOAuthFlowsUserPoolClient: true, CallbackURLs: [url], SupportedIdentityProviders: ['COGNITO'] } : {}),
  };
  const calls: Call[] = [
    { service: 'cognito-idp', operation: 'CreateUserPool', input: pool },
    ...(mfa === 'OFF' ? [] : [{ service: 'cognito-idp' as const, operation: 'SetUserPoolMfaConfig', input: { UserPoolId: '$POOL', ...factors } }]),
    ...(app ? [{ service: 'cognito-idp' as const, operation: 'CreateUserPoolClient', input: { UserPoolId: '$POOL', ...client } }] : []),
    ...(domain.trim() ? [{ service: 'cognito-idp' as const, operation: 'CreateUserPoolDomain', input: { UserPoolId: '$POOL', Domain: domain.trim(), ManagedLoginVersion: 2 } }] : []),
  ];

  /** What has been made stays made: what failed after it is tried again alone. */
  async function once(step: string, change: () => Promise<unknown>) {
    if (steps.current.has(step)) return;
    await change();
    steps.current.add(step);
  }

  async function create() {
    let id = made;
    if (!id) {
      id = (await userPools().send(new CreateUserPoolCommand(pool))).UserPool?.Id ?? '';
      setMade(id);
    }
    const here = { UserPoolId: id };
    if (mfa !== 'OFF') await once('mfa', () => userPools().send(new SetUserPoolMfaConfigCommand({ ...here, ...factors })));
    if (app) await once('app', () => userPools().send(new CreateUserPoolClientCommand({ ...here, ...client })));
    if (domain.trim()) await once('domain', () => userPools().send(new CreateUserPoolDomainCommand({ ...here, Domain: domain.trim(), ManagedLoginVersion: 2 })));
    notices.good(`The user pool ${name.trim()} is there.`);
    go(['pools', id]);
  }

  const silent = about && (phone ? !about.sms : !about.email);
  return (
    <Page title="New user pool" about="What is not asked here has a safe default, and can be changed later, but for how people sign in.">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (name.trim()) void act.run(create);
        }}
      >
        <SpaceBetween size="l">
          <Container header={<Header variant="h2">The pool</Header>}>
            <SpaceBetween size="l">
              <FormField label="Name" description="For you; people do not see it.">
                <Input value={name} onChange={(e) => setName(e.detail.value)} name="pool-name" placeholder="shop" autoFocus spellcheck={false} disabled={made !== ''} />
              </FormField>
              <FormField label="People sign in with" description="This cannot be changed later." stretch>
                <Tiles
                  value={by}
                  onChange={(e) => setBy(e.detail.value)}
                  ariaLabel="People sign in with"
                  items={[
                    { value: 'email', label: 'Their email address', description: 'What most pools do. It is verified by a code.' },
                    { value: 'phone_number', label: 'Their phone number', description: 'Verified by a code in a text message.' },
                    { value: 'username', label: 'A username', description: 'Or their email address, once it is verified.' },
                  ]}
                />
              </FormField>
              {silent && <Alert type="warning" header="Nothing can be sent">This server has no way to send {phone ? 'text messages (message.sms)' : 'email (message.smtp)'}: codes would not arrive.</Alert>}
              <FormField label="A second factor" description="An authenticator app, beside the password." stretch>
                <Tiles
                  value={mfa}
                  onChange={(e) => setMfa(e.detail.value as typeof mfa)}
                  ariaLabel="A second factor"
                  items={[
                    { value: 'OPTIONAL', label: 'Optional', description: 'Who registers one is asked for it.' },
                    { value: 'ON', label: 'Required', description: 'Everybody registers one.' },
                    { value: 'OFF', label: 'None', description: 'A password is enough.' },
                  ]}
                />
              </FormField>
              <FormField label={<>Attributes that everybody must have <i>– optional</i></>} description={`Besides ${attribute}. This cannot be changed later.`}>
                <Multiselect selectedOptions={needed} onChange={(e) => setNeeded(e.detail.selectedOptions)} options={required.filter((r) => r.value !== attribute)} placeholder="None" deselectAriaLabel={(o) => `Remove ${o.label}`} />
              </FormField>
              <Toggle checked={signUp} onChange={(e) => setSignUp(e.detail.checked)}>People may sign up by themselves</Toggle>
            </SpaceBetween>
          </Container>
          <Container header={<Header variant="h2">The first app</Header>}>
            <SpaceBetween size="l">
              <Checkbox checked={app} onChange={(e) => setApp(e.detail.checked)} description="A public client without a secret, for single-page and mobile apps. Others can be added later.">Make an app client</Checkbox>
              {app && (
                <FormField label={<>Callback URL <i>– optional</i></>} description="Where the sign-in pages send people back to. With it, the client may use the authorization code flow.">
                  <Input value={callback} onChange={(e) => setCallback(e.detail.value)} placeholder="http://localhost:3000/callback" inputMode="url" spellcheck={false} />
                </FormField>
              )}
              <FormField label={<>Domain <i>– optional</i></>} description="The first part of the host of the sign-in pages.">
                <Input value={domain} onChange={(e) => setDomain(e.detail.value)} placeholder="shop" spellcheck={false} />
              </FormField>
            </SpaceBetween>
          </Container>
          <Container>
            <Cli calls={calls} />
          </Container>
          <Failed fault={act.fault} />
          {made && act.fault && <Alert type="info">The pool itself was made ({made}); trying again goes on from there.</Alert>}
          <Box float="right">
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" onClick={() => go(['pools'])} formAction="none">Cancel</Button>
              <Button variant="primary" formAction="submit" loading={act.busy} disabled={!name.trim()}>Create user pool</Button>
            </SpaceBetween>
          </Box>
        </SpaceBetween>
      </form>
    </Page>
  );
}
