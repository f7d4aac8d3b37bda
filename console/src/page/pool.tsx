// A pool at a glance: what it is, how many, how people sign in, and what to look at.
import { DeleteUserPoolCommand, DeleteUserPoolDomainCommand, UpdateUserPoolCommand, type UserPoolType } from '@aws-sdk/client-cognito-identity-provider';
import Box from '@cloudscape-design/components/box';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { useAbout } from '../part/about';
import { Destroy, Dialog } from '../part/dialog';
import { Id, Page, Shown, When, YesNo } from '../part/shown';
import { Worth } from '../part/worth';
import { look, type Seen } from '../pool/look';
import { warnings } from '../pool/warnings';
import { whole } from '../pool/whole';
import { go, href } from '../route';

const signIn = (p: UserPoolType) => (p.UsernameAttributes?.length ? p.UsernameAttributes.join(' or ') : ['username', ...(p.AliasAttributes ?? [])].join(', '));
const mfa = { ON: 'Required', OPTIONAL: 'Optional', OFF: 'Off' };

export default function Pool({ pool }: { pool: string }) {
  const asked = useAsk(() => look(pool), [pool]);
  const [act, setAct] = useState<string>();
  const p = asked.data?.pool;
  return (
    <Page
      title={p?.Name ?? pool}
      about={asked.data && <Numbers of={asked.data} />}
      actions={
        p && (
          <ButtonDropdown
            items={[
              { id: 'protect', text: p.DeletionProtection === 'ACTIVE' ? 'Turn deletion protection off' : 'Turn deletion protection on' },
              { id: 'delete', text: 'Delete', disabled: p.DeletionProtection === 'ACTIVE', disabledReason: 'Turn deletion protection off first' },
            ]}
            onItemClick={(e) => setAct(e.detail.id)}
          >
            Actions
          </ButtonDropdown>
        )
      }
    >
      <Shown of={asked}>{(seen) => <Overview seen={seen} />}</Shown>
      {act === 'protect' && p && <Protect pool={p} close={() => setAct(undefined)} done={asked.again} />}
      {act === 'delete' && p && (
        <Destroy
          title={`Delete the user pool ${p.Name}`}
          name={p.Name ?? ''}
          change={async () => {
            if (p.Domain) await userPools().send(new DeleteUserPoolDomainCommand({ UserPoolId: pool, Domain: p.Domain }));
            await userPools().send(new DeleteUserPoolCommand({ UserPoolId: pool }));
          }}
          said={`The user pool ${p.Name} was deleted.`}
          close={() => setAct(undefined)}
          done={() => go(['pools'])}
          cli={[
            ...(p.Domain ? [{ service: 'cognito-idp' as const, operation: 'DeleteUserPoolDomain', input: { UserPoolId: pool, Domain: p.Domain } }] : []),
            { service: 'cognito-idp', operation: 'DeleteUserPool', input: { UserPoolId: pool } },
          ]}
        >
          Its users, clients and keys are gone for good, and no token of it is worth anything any more.
        </Destroy>
      )}
    </Page>
  );
}

function Numbers({ of }: { of: Seen }) {
  const n = of.pool.EstimatedNumberOfUsers ?? 0;
  return <>{n} {n === 1 ? 'user' : 'users'}, {of.clients.length} {of.clients.length === 1 ? 'app client' : 'app clients'}, {of.providers} identity providers</>;
}

function Overview({ seen }: { seen: Seen }) {
  const p = seen.pool;
  const id = p.Id ?? '';
  const about = useAbout();
  const found = warnings(seen, about);
  return (
    <SpaceBetween size="l">
      <Worth found={found} at={['pools', id]} />
      <Container header={<Header variant="h2">The pool</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'Pool ID', value: <Id>{id}</Id> },
            { label: 'ARN', value: <Id>{p.Arn ?? ''}</Id> },
            { label: 'Created', value: <When at={p.CreationDate} /> },
            { label: 'Users', value: <Link href={href(['pools', id, 'users'])} fontSize="display-l">{String(p.EstimatedNumberOfUsers ?? 0)}</Link> },
            { label: 'App clients', value: <Link href={href(['pools', id, 'clients'])} fontSize="display-l">{String(seen.clients.length)}</Link> },
            { label: 'Groups', value: <Link href={href(['pools', id, 'groups'])} fontSize="display-l">{String(seen.groups)}</Link> },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">Signing in</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'People sign in with', value: signIn(p) },
            { label: 'Second factor', value: <><YesNo value={p.MfaConfiguration !== 'OFF'} yes={mfa[p.MfaConfiguration ?? 'OFF']} />{seen.factors.length > 0 && <Box color="text-body-secondary">{seen.factors.join(', ')}</Box>}</> },
            { label: 'Passwords', value: `at least ${p.Policies?.PasswordPolicy?.MinimumLength} characters` },
            { label: 'Sign-up', value: <YesNo value={!p.AdminCreateUserConfig?.AllowAdminCreateUserOnly} yes="Open to everybody" no="By invitation" /> },
            { label: 'Verified by a code', value: p.AutoVerifiedAttributes?.join(', ') || 'nothing' },
            { label: 'Domain', value: p.Domain || p.CustomDomain ? p.CustomDomain ?? p.Domain : 'none' },
            { label: 'Identity providers', value: seen.providers || 'none' },
            { label: 'Threat protection', value: <YesNo value={p.UserPoolAddOns?.AdvancedSecurityMode !== undefined && p.UserPoolAddOns.AdvancedSecurityMode !== 'OFF'} yes={p.UserPoolAddOns?.AdvancedSecurityMode === 'AUDIT' ? 'Watches' : 'Acts'} /> },
            { label: 'Deletion protection', value: <YesNo value={p.DeletionProtection === 'ACTIVE'} yes="Active" no="Inactive" /> },
          ]}
        />
      </Container>
    </SpaceBetween>
  );
}

function Protect({ pool, close, done }: { pool: UserPoolType; close: () => void; done: () => void }) {
  const off = pool.DeletionProtection === 'ACTIVE';
  const input = whole(pool, { DeletionProtection: off ? 'INACTIVE' : 'ACTIVE' });
  return (
    <Dialog title={off ? 'Turn deletion protection off?' : 'Turn deletion protection on?'} submit={off ? 'Turn off' : 'Turn on'} change={() => userPools().send(new UpdateUserPoolCommand(input))} said={off ? 'The pool can be deleted now.' : 'The pool is protected.'} close={close} done={done} cli={[{ service: 'cognito-idp', operation: 'UpdateUserPool', input }]}>
      {off ? 'Afterwards the pool can be deleted, by a separate step.' : 'The pool cannot be deleted until this is turned off.'}
    </Dialog>
  );
}
