// What is known about a user, and changing it.
import { AdminDeleteUserAttributesCommand, AdminUpdateUserAttributesCommand, DescribeUserPoolCommand, type AdminGetUserCommandOutput } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { useAsk } from '../../ask';
import { userPools } from '../../aws';
import { Dialog, type Call } from '../../part/dialog';
import { Failed } from '../../part/shown';

export function Attributes({ pool, user, again }: { pool: string; user: AdminGetUserCommandOutput; again: () => void }) {
  const [editing, setEditing] = useState(false);
  const shown = (user.UserAttributes ?? []).filter((a) => a.Name !== 'sub' && !a.Name?.endsWith('_verified') && a.Name !== 'identities');
  const verified = (name: string) => user.UserAttributes?.find((a) => a.Name === name + '_verified')?.Value === 'true';
  return (
    <Container header={<Header variant="h2" actions={<Button onClick={() => setEditing(true)}>Edit attributes</Button>}>Attributes</Header>}>
      {shown.length === 0 && 'Nothing but the sub. Edit adds some.'}
      <KeyValuePairs
        columns={3}
        items={shown.map((a) => ({
          label: a.Name ?? '',
          value: a.Name === 'email' || a.Name === 'phone_number' ? `${a.Value} ${verified(a.Name) ? '(verified)' : '(not verified)'}` : a.Value,
        }))}
      />
      {editing && <Edit pool={pool} user={user} close={() => setEditing(false)} done={again} />}
    </Container>
  );
}

interface Line {
  name: string;
  value: string;
}

function Edit({ pool, user, close, done }: { pool: string; user: AdminGetUserCommandOutput; close: () => void; done: () => void }) {
  const schema = useAsk(async () => (await userPools().send(new DescribeUserPoolCommand({ UserPoolId: pool }))).UserPool?.SchemaAttributes ?? [], [pool]);
  const before: Line[] = (user.UserAttributes ?? []).filter((a) => a.Name !== 'sub' && a.Name !== 'identities').map((a) => ({ name: a.Name ?? '', value: a.Value ?? '' }));
  const [lines, set] = useState(before);
  const changed = lines.filter((l) => l.name && before.find((b) => b.name === l.name)?.value !== l.value);
  const gone = before.filter((b) => !lines.some((l) => l.name === b.name)).map((b) => b.name);
  const update = { UserPoolId: pool, Username: user.Username, UserAttributes: changed.map((l) => ({ Name: l.name, Value: l.value })) };
  const remove = { UserPoolId: pool, Username: user.Username, UserAttributeNames: gone };
  const calls: Call[] = [
    ...(changed.length ? [{ service: 'cognito-idp' as const, operation: 'AdminUpdateUserAttributes', input: update }] : []),
    ...(gone.length ? [{ service: 'cognito-idp' as const, operation: 'AdminDeleteUserAttributes', input: remove }] : []),
  ];
  const free = (schema.data ?? []).filter((s) => s.Name !== 'sub' && s.Name !== 'identities' && !lines.some((l) => l.name === s.Name));
  return (
    <Dialog
      title={`Attributes of ${user.Username}`}
      submit="Save"
      large
      ready={calls.length > 0}
      change={async () => {
        if (changed.length) await userPools().send(new AdminUpdateUserAttributesCommand(update));
        if (gone.length) await userPools().send(new AdminDeleteUserAttributesCommand(remove));
      }}
      said="The attributes are saved."
      close={close}
      done={done}
      cli={calls.length ? calls : undefined}
    >
      <Failed fault={schema.fault} again={schema.again} />
      {lines.map((l) => {
        const kind = schema.data?.find((s) => s.Name === l.name);
        return (
          <Grid key={l.name} gridDefinition={[{ colspan: { default: 9, xs: 10 } }, { colspan: { default: 3, xs: 2 } }]}>
            <FormField label={l.name} constraintText={kind?.AttributeDataType && kind.AttributeDataType !== 'String' ? `A ${kind.AttributeDataType.toLowerCase()}` : undefined} stretch>
              <Input value={l.value} onChange={(e) => set(lines.map((x) => (x.name === l.name ? { ...x, value: e.detail.value } : x)))} name={l.name} spellcheck={false} autoComplete={false} />
            </FormField>
            <FormField label={<>&nbsp;</>}><Button iconName="remove" variant="icon" formAction="none" ariaLabel={`Remove ${l.name}`} disabled={kind?.Required} onClick={() => set(lines.filter((x) => x.name !== l.name))} /></FormField>
          </Grid>
        );
      })}
      <Select
        selectedOption={null}
        placeholder="Add an attribute"
        ariaLabel="Add an attribute"
        filteringType="auto"
        options={free.map((s) => ({ value: s.Name, label: s.Name }))}
        onChange={(e) => set([...lines, { name: e.detail.selectedOption.value ?? '', value: '' }])}
        empty="All that the pool knows are there"
        expandToViewport
      />
    </Dialog>
  );
}
