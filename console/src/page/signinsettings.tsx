// How people of a pool sign in: passwords, second factors, signing up, triggers.
import {
  DescribeUserPoolCommand, GetUserPoolMfaConfigCommand, SetUserPoolMfaConfigCommand, UpdateUserPoolCommand,
  type GetUserPoolMfaConfigCommandOutput, type LambdaConfigType, type PasswordPolicyType, type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Link from '@cloudscape-design/components/link';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { Dialog } from '../part/dialog';
import { Page, Shown, YesNo } from '../part/shown';
import { whole } from '../pool/whole';
import { href } from '../route';

type Act = 'password' | 'mfa' | 'signup' | 'triggers';

export default function SignInSettings({ pool }: { pool: string }) {
  const asked = useAsk(async () => {
    const here = { UserPoolId: pool };
    const [p, mfa] = await Promise.all([userPools().send(new DescribeUserPoolCommand(here)), userPools().send(new GetUserPoolMfaConfigCommand(here))]);
    return { pool: p.UserPool ?? {}, mfa };
  }, [pool]);
  const [act, setAct] = useState<Act>();
  const common = { close: () => setAct(undefined), done: asked.again };
  return (
    <Page title="Sign-in" about="Passwords, second factors, signing up, and the functions that run meanwhile.">
      <Shown of={asked}>{({ pool: p, mfa }) => <All pool={p} mfa={mfa} edit={setAct} />}</Shown>
      {asked.data && act === 'password' && <Password pool={asked.data.pool} {...common} />}
      {asked.data && act === 'mfa' && <Mfa pool={pool} mfa={asked.data.mfa} {...common} />}
      {asked.data && act === 'signup' && <SignUp pool={asked.data.pool} {...common} />}
      {asked.data && act === 'triggers' && <Triggers pool={asked.data.pool} {...common} />}
    </Page>
  );
}

const mfaWords = { ON: 'Required', OPTIONAL: 'Optional', OFF: 'Off' };
const edit = (label: string, on: () => void) => <Button ariaLabel={`Edit ${label}`} onClick={on}>Edit</Button>;

function All({ pool: p, mfa, edit: act }: { pool: UserPoolType; mfa: GetUserPoolMfaConfigCommandOutput; edit: (a: Act) => void }) {
  const pw = p.Policies?.PasswordPolicy;
  const kinds = [pw?.RequireLowercase && 'a small letter', pw?.RequireUppercase && 'a capital', pw?.RequireNumbers && 'a number', pw?.RequireSymbols && 'a symbol'].filter(Boolean).join(', ');
  const triggers = Object.entries(p.LambdaConfig ?? {}).filter(([, v]) => v);
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" actions={edit('the password policy', () => act('password'))}>Passwords</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'At least', value: `${pw?.MinimumLength} characters` },
            { label: 'With', value: kinds || 'anything' },
            { label: 'Temporary ones are good for', value: `${pw?.TemporaryPasswordValidityDays ?? 7} days` },
            { label: 'Not again', value: pw?.PasswordHistorySize ? `one of the last ${pw.PasswordHistorySize}` : 'no history is kept' },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2" actions={edit('second factors', () => act('mfa'))}>Second factors</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'Asked for', value: <YesNo value={mfa.MfaConfiguration !== 'OFF'} yes={mfaWords[mfa.MfaConfiguration ?? 'OFF']} /> },
            { label: 'Authenticator apps', value: <YesNo value={mfa.SoftwareTokenMfaConfiguration?.Enabled} /> },
            { label: 'Text messages', value: <YesNo value={mfa.SmsMfaConfiguration !== undefined} /> },
            { label: 'Email', value: <YesNo value={mfa.EmailMfaConfiguration !== undefined} /> },
            { label: 'Passkeys for', value: mfa.WebAuthnConfiguration?.RelyingPartyId ?? 'no relying party is set' },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2" actions={edit('signing up', () => act('signup'))}>Signing up</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'Who may', value: p.AdminCreateUserConfig?.AllowAdminCreateUserOnly ? 'who is invited' : 'everybody' },
            { label: 'Verified by a code', value: p.AutoVerifiedAttributes?.join(', ') || 'nothing' },
            { label: 'A forgotten password is reset by', value: p.AccountRecoverySetting?.RecoveryMechanisms?.map((m) => m.Name?.replace('verified_', '').replace('_', ' ')).join(', then ') || 'the default: phone, then email' },
            { label: 'Required attributes', value: p.SchemaAttributes?.filter((a) => a.Required && a.Name !== 'sub').map((a) => a.Name).join(', ') || 'none' },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2" actions={edit('triggers', () => act('triggers'))}>Triggers</Header>}>
        {triggers.length === 0 ? 'No function runs during sign-in.' : <KeyValuePairs columns={2} items={triggers.map(([name, v]) => ({ label: name, value: typeof v === 'string' ? v : JSON.stringify(v) }))} />}
      </Container>
      <Box>What apps may do is set for each <Link href={href(['pools', p.Id ?? '', 'clients'])}>app client</Link>.</Box>
    </SpaceBetween>
  );
}

interface Common {
  close: () => void;
  done: () => void;
}

function Password({ pool, ...common }: Common & { pool: UserPoolType }) {
  const [policy, set] = useState<PasswordPolicyType>(pool.Policies?.PasswordPolicy ?? {});
  const input = whole(pool, { Policies: { ...pool.Policies, PasswordPolicy: policy } });
  const number = (name: 'MinimumLength' | 'TemporaryPasswordValidityDays' | 'PasswordHistorySize') => ({
    type: 'number' as const, name, value: policy[name]?.toString() ?? '', autoComplete: false,
    onChange: (e: { detail: { value: string } }) => set({ ...policy, [name]: e.detail.value === '' ? undefined : Number(e.detail.value) }),
  });
  const box = (name: 'RequireLowercase' | 'RequireUppercase' | 'RequireNumbers' | 'RequireSymbols', text: string) => <Checkbox checked={policy[name] ?? false} onChange={(e) => set({ ...policy, [name]: e.detail.checked })}>{text}</Checkbox>;
  return (
    <Dialog {...common} title="Password policy" submit="Save" change={() => userPools().send(new UpdateUserPoolCommand(input))} said="The password policy is saved." cli={[{ service: 'cognito-idp', operation: 'UpdateUserPool', input }]}>
      Passwords that are set from now on have to satisfy it; those that there are stay.
      <FormField label="At least so many characters" constraintText="From 6 to 99. Longer beats more kinds."><Input {...number('MinimumLength')} /></FormField>
      <div>{box('RequireLowercase', 'A small letter')}{box('RequireUppercase', 'A capital')}{box('RequireNumbers', 'A number')}{box('RequireSymbols', 'A symbol')}</div>
      <FormField label="Temporary passwords are good for so many days"><Input {...number('TemporaryPasswordValidityDays')} /></FormField>
      <FormField label={<>None of so many before <i>– optional</i></>}><Input {...number('PasswordHistorySize')} /></FormField>
    </Dialog>
  );
}

function Mfa({ pool, mfa, ...common }: Common & { pool: string; mfa: GetUserPoolMfaConfigCommandOutput }) {
  const [on, setOn] = useState(mfa.MfaConfiguration ?? 'OFF');
  const [app, setApp] = useState(mfa.SoftwareTokenMfaConfiguration?.Enabled ?? true);
  const input = {
    UserPoolId: pool, MfaConfiguration: on, SoftwareTokenMfaConfiguration: { Enabled: app },
    ...(mfa.SmsMfaConfiguration ? { SmsMfaConfiguration: mfa.SmsMfaConfiguration } : {}),
    ...(mfa.EmailMfaConfiguration ? { EmailMfaConfiguration: mfa.EmailMfaConfiguration } : {}),
    ...(mfa.WebAuthnConfiguration ? { WebAuthnConfiguration: mfa.WebAuthnConfiguration } : {}),
  };
  return (
    <Dialog {...common} title="Second factors" submit="Save" change={() => userPools().send(new SetUserPoolMfaConfigCommand(input))} said="The second factors are saved." cli={[{ service: 'cognito-idp', operation: 'SetUserPoolMfaConfig', input }]}>
      <FormField label="A second factor is">
        <RadioGroup value={on} onChange={(e) => setOn(e.detail.value as typeof on)} items={[{ value: 'OPTIONAL', label: 'Optional', description: 'Who registers one is asked for it.' }, { value: 'ON', label: 'Required', description: 'Everybody registers one.' }, { value: 'OFF', label: 'Off' }]} />
      </FormField>
      <Toggle checked={app} onChange={(e) => setApp(e.detail.checked)}>Authenticator apps</Toggle>
    </Dialog>
  );
}

function SignUp({ pool, ...common }: Common & { pool: UserPoolType }) {
  const [open, setOpen] = useState(!pool.AdminCreateUserConfig?.AllowAdminCreateUserOnly);
  const input = whole(pool, { AdminCreateUserConfig: { AllowAdminCreateUserOnly: !open, InviteMessageTemplate: pool.AdminCreateUserConfig?.InviteMessageTemplate } });
  return (
    <Dialog {...common} title="Signing up" submit="Save" change={() => userPools().send(new UpdateUserPoolCommand(input))} said="Saved." cli={[{ service: 'cognito-idp', operation: 'UpdateUserPool', input }]}>
      <Toggle checked={open} onChange={(e) => setOpen(e.detail.checked)}>People may sign up by themselves</Toggle>
    </Dialog>
  );
}

const hooks: (keyof LambdaConfigType & string)[] = ['PreSignUp', 'PostConfirmation', 'PreAuthentication', 'PostAuthentication', 'DefineAuthChallenge', 'CreateAuthChallenge', 'VerifyAuthChallengeResponse', 'PreTokenGeneration', 'UserMigration', 'CustomMessage'];

function Triggers({ pool, ...common }: Common & { pool: UserPoolType }) {
  const [config, set] = useState<Record<string, unknown>>({ ...pool.LambdaConfig });
  const input = whole(pool, { LambdaConfig: Object.fromEntries(Object.entries(config).filter(([, v]) => v)) as LambdaConfigType });
  return (
    <Dialog {...common} title="Triggers" submit="Save" large change={() => userPools().send(new UpdateUserPoolCommand(input))} said="The triggers are saved." cli={[{ service: 'cognito-idp', operation: 'UpdateUserPool', input }]}>
      ARNs of functions. Where they run is in the server&apos;s configuration (triggers): an ARN that no route matches fails the sign-in.
      {hooks.map((h) => <FormField key={h} label={h} stretch><Input value={typeof config[h] === 'string' ? config[h] : ''} onChange={(e) => set({ ...config, [h]: e.detail.value.trim() })} name={h} placeholder="arn:aws:lambda:…" spellcheck={false} autoComplete={false} /></FormField>)}
    </Dialog>
  );
}
