// What a user signs in with beside the password.
import { AdminSetUserMFAPreferenceCommand, type AdminGetUserCommandOutput } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { userPools } from '../../aws';
import { Dialog } from '../../part/dialog';

const names: Record<string, string> = { SOFTWARE_TOKEN_MFA: 'Authenticator app', SMS_MFA: 'Text message', EMAIL_OTP: 'Email' };

export function Factors({ pool, user, again }: { pool: string; user: AdminGetUserCommandOutput; again: () => void }) {
  const [off, setOff] = useState(false);
  const list = user.UserMFASettingList ?? [];
  const input = {
    UserPoolId: pool,
    Username: user.Username,
    ...(list.includes('SOFTWARE_TOKEN_MFA') ? { SoftwareTokenMfaSettings: { Enabled: false, PreferredMfa: false } } : {}),
    ...(list.includes('SMS_MFA') ? { SMSMfaSettings: { Enabled: false, PreferredMfa: false } } : {}),
    ...(list.includes('EMAIL_OTP') ? { EmailMfaSettings: { Enabled: false, PreferredMfa: false } } : {}),
  };
  return (
    <Container header={<Header variant="h2" actions={list.length > 0 && <Button onClick={() => setOff(true)}>Turn off</Button>}>Second factors</Header>}>
      {list.length === 0 ? (
        <StatusIndicator type="stopped">None is on: the password is enough</StatusIndicator>
      ) : (
        <KeyValuePairs columns={3} items={list.map((f) => ({ label: names[f] ?? f, value: <StatusIndicator type="success">{user.PreferredMfaSetting === f ? 'On, asked for first' : 'On'}</StatusIndicator> }))} />
      )}
      {off && (
        <Dialog title={`Turn the second factors of ${user.Username} off?`} submit="Turn off" change={() => userPools().send(new AdminSetUserMFAPreferenceCommand(input))} said="No second factor is asked for any more." close={() => setOff(false)} done={again} cli={[{ service: 'cognito-idp', operation: 'AdminSetUserMFAPreference', input }]}>
          For who has lost them. Where the pool requires a second factor, the next sign-in asks to register a new one.
        </Dialog>
      )}
    </Container>
  );
}
