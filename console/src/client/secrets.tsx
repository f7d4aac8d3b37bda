// The secrets of an app client: the one that it was made with, and those that were added to change it without a pause.
import { AddUserPoolClientSecretCommand, DeleteUserPoolClientSecretCommand, ListUserPoolClientSecretsCommand, type UserPoolClientType } from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAsk, useDo } from '../ask';
import { userPools } from '../aws';
import { Dialog } from '../part/dialog';
import { List } from '../part/list';
import { Empty, Failed, Id, When } from '../part/shown';

export function Secrets({ pool, client, again }: { pool: string; client: UserPoolClientType; again: () => void }) {
  const who = { UserPoolId: pool, ClientId: client.ClientId };
  const asked = useAsk(async () => (await userPools().send(new ListUserPoolClientSecretsCommand(who))).ClientSecrets ?? [], [pool, client]);
  const [fresh, setFresh] = useState('');
  const [shown, setShown] = useState(false);
  const [ending, setEnding] = useState('');
  const add = useDo();
  if (!client.ClientSecret && (asked.data?.length ?? 0) === 0) return <Failed fault={asked.fault} again={asked.again} />;
  return (
    <SpaceBetween size="l">
      {fresh && <Alert type="success" header="The new secret, shown this once" dismissible onDismiss={() => setFresh('')} dismissAriaLabel="Dismiss"><Id>{fresh}</Id> Give it to the app, then delete the old one.</Alert>}
      <Failed fault={add.fault} />
      <List
        title="Secrets"
        about="Two can be good at a time: add one, give it to the app, delete the other."
        of={asked}
        id={(s) => s.ClientSecretId ?? ''}
        columns={[
          { id: 'id', header: 'ID', cell: (s) => s.ClientSecretId },
          { id: 'created', header: 'Created', cell: (s) => <When at={s.ClientSecretCreateDate} /> },
          { id: 'act', header: 'Change', cell: (s) => <Button variant="inline-link" ariaLabel={`Delete the secret ${s.ClientSecretId}`} onClick={() => setEnding(s.ClientSecretId ?? '')}>Delete</Button> },
        ]}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {client.ClientSecret && <Button onClick={() => setShown(!shown)}>{shown ? 'Hide' : 'Show'}</Button>}
            <Button
              loading={add.busy}
              onClick={() => void add.run(async () => {
                const answer = await userPools().send(new AddUserPoolClientSecretCommand(who));
                setFresh(answer.ClientSecretDescriptor?.ClientSecretValue ?? '');
                asked.again();
                again();
              })}
            >
              Add secret
            </Button>
          </SpaceBetween>
        }
        empty={<Empty title="None was listed" />}
      />
      {shown && client.ClientSecret && <Alert type="info" header="The client's secret"><Id>{client.ClientSecret}</Id></Alert>}
      {ending && (
        <Dialog title="Delete the secret?" submit="Delete" change={() => userPools().send(new DeleteUserPoolClientSecretCommand({ ...who, ClientSecretId: ending }))} said="The secret was deleted." close={() => setEnding('')} done={() => { asked.again(); again(); }} cli={[{ service: 'cognito-idp', operation: 'DeleteUserPoolClientSecret', input: { ...who, ClientSecretId: ending } }]}>
          Apps that still use it are refused at once.
        </Dialog>
      )}
    </SpaceBetween>
  );
}
