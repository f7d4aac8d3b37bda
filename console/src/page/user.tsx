// One user: what is known, what they may sign in with, where they are signed in, and what can be done.
import {
  AdminConfirmSignUpCommand, AdminDeleteUserCommand, AdminDisableUserCommand, AdminEnableUserCommand, AdminGetUserCommand, AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand, AdminUserGlobalSignOutCommand, type AdminGetUserCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { Destroy, Dialog, type Call } from '../part/dialog';
import { Id, Page, Shown, When } from '../part/shown';
import { go } from '../route';
import { Attributes } from './user/attributes';
import { Devices, Events } from './user/history';
import { Factors } from './user/factors';
import { Groups } from './user/groups';
import { Status } from './users';

type Act = 'reset' | 'password' | 'signout' | 'disable' | 'enable' | 'confirm' | 'delete';

export default function User({ pool, username }: { pool: string; username: string }) {
  const asked = useAsk(() => userPools().send(new AdminGetUserCommand({ UserPoolId: pool, Username: username })), [pool, username]);
  const [act, setAct] = useState<Act>();
  const u = asked.data;
  const email = u?.UserAttributes?.find((a) => a.Name === 'email')?.Value;
  return (
    <Page
      title={username}
      about={email && email !== username ? email : undefined}
      actions={
        u && (
          <ButtonDropdown
            variant="primary"
            expandableGroups={false}
            onItemClick={(e) => setAct(e.detail.id as Act)}
            items={[
              { id: 'reset', text: 'Reset password', description: 'They get a code to choose a new one' },
              { id: 'password', text: 'Set password' },
              { id: 'signout', text: 'Sign out everywhere' },
              ...(u.UserStatus === 'UNCONFIRMED' ? [{ id: 'confirm', text: 'Confirm account' }] : []),
              u.Enabled ? { id: 'disable', text: 'Disable' } : { id: 'enable', text: 'Enable' },
              { id: 'delete', text: 'Delete', disabled: u.Enabled !== false, disabledReason: 'Disable the user first' },
            ]}
          >
            Actions
          </ButtonDropdown>
        )
      }
    >
      <Shown of={asked}>
        {(user) => (
          <SpaceBetween size="l">
            <Container header={<Header variant="h2">Account</Header>}>
              <KeyValuePairs
                columns={3}
                items={[
                  { label: 'Status', value: <Status status={user.UserStatus} enabled={user.Enabled} /> },
                  { label: 'Username', value: <Id>{user.Username ?? ''}</Id> },
                  { label: 'sub', value: <Id>{user.UserAttributes?.find((a) => a.Name === 'sub')?.Value ?? '–'}</Id> },
                  { label: 'Created', value: <When at={user.UserCreateDate} /> },
                  { label: 'Last changed', value: <When at={user.UserLastModifiedDate} /> },
                ]}
              />
            </Container>
            <Attributes pool={pool} user={user} again={asked.again} />
            <Groups pool={pool} username={username} />
            <Factors pool={pool} user={user} again={asked.again} />
            <Devices pool={pool} username={username} />
            <Events pool={pool} username={username} />
          </SpaceBetween>
        )}
      </Shown>
      {act && u && <Change act={act} pool={pool} user={u} close={() => setAct(undefined)} done={asked.again} />}
    </Page>
  );
}

function Change({ act, pool, user, close, done }: { act: Act; pool: string; user: AdminGetUserCommandOutput; close: () => void; done: () => void }) {
  const who = { UserPoolId: pool, Username: user.Username };
  const name = user.Username ?? '';
  const [password, setPassword] = useState('');
  const [permanent, setPermanent] = useState(true);
  const cli = (operation: string, input: object = who): Call[] => [{ service: 'cognito-idp', operation, input }];
  const common = { close, done };
  switch (act) {
    case 'reset':
      return <Dialog {...common} title={`Reset the password of ${name}?`} submit="Reset password" change={() => userPools().send(new AdminResetUserPasswordCommand(who))} said={`${name} has to choose a new password.`} cli={cli('AdminResetUserPassword')}>The password stops working at once, and a code to choose a new one is sent to the verified address or number.</Dialog>;
    case 'password': {
      const input = { ...who, Password: password, Permanent: permanent };
      return (
        <Dialog {...common} title={`Set the password of ${name}`} submit="Set password" ready={password !== ''} change={() => userPools().send(new AdminSetUserPasswordCommand(input))} said={`${name} has a new password.`} cli={cli('AdminSetUserPassword', input)}>
          <FormField label="New password" description="It has to satisfy the pool's password policy."><Input value={password} onChange={(e) => setPassword(e.detail.value)} type="password" autoComplete="new-password" name="new-password" autoFocus /></FormField>
          <Toggle checked={permanent} onChange={(e) => setPermanent(e.detail.checked)}>It is permanent; otherwise they choose another at the next sign-in</Toggle>
        </Dialog>
      );
    }
    case 'signout':
      return <Dialog {...common} title={`Sign ${name} out everywhere?`} submit="Sign out" change={() => userPools().send(new AdminUserGlobalSignOutCommand(who))} said={`${name} is signed out everywhere.`} cli={cli('AdminUserGlobalSignOut')}>Refresh tokens, browsers and access tokens end. Who verifies access tokens without asking this server takes them until they expire.</Dialog>;
    case 'disable':
      return <Dialog {...common} title={`Disable ${name}?`} submit="Disable" change={() => userPools().send(new AdminDisableUserCommand(who))} said={`${name} is disabled.`} cli={cli('AdminDisableUser')}>They cannot sign in, and their sessions end. Nothing is lost: enabling brings the account back.</Dialog>;
    case 'enable':
      return <Dialog {...common} title={`Enable ${name}?`} submit="Enable" change={() => userPools().send(new AdminEnableUserCommand(who))} said={`${name} is enabled.`} cli={cli('AdminEnableUser')}>They can sign in again.</Dialog>;
    case 'confirm':
      return <Dialog {...common} title={`Confirm the account of ${name}?`} submit="Confirm" change={() => userPools().send(new AdminConfirmSignUpCommand(who))} said={`${name} is confirmed.`} cli={cli('AdminConfirmSignUp')}>They can sign in without the code that was sent to them.</Dialog>;
    case 'delete':
      return <Destroy close={close} done={() => go(['pools', pool, 'users'])} title={`Delete ${name}`} name={name} change={() => userPools().send(new AdminDeleteUserCommand(who))} said={`${name} was deleted.`} cli={cli('AdminDeleteUser')}>The account, its attributes, factors and sessions are gone for good.</Destroy>;
  }
}
