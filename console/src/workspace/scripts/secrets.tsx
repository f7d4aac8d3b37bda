// Values that scripts read as context.secrets.NAME, and that nobody is shown.
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { admin } from '../../admin';
import { useAsk } from '../../ask';
import { Dialog } from '../../part/dialog';
import { List } from '../../part/list';
import { Empty, When } from '../../part/shown';

interface SecretName {
  id: string;
  updated_at: string;
}

export function Secrets({ workspace }: { workspace: string }) {
  const path = ['servers', workspace, 'secrets'];
  const asked = useAsk(async () => (await admin<{ secrets: SecretName[] }>({ path })).secrets, [workspace]);
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState('');
  return (
    <>
      <List
        title="Secrets"
        about="Scripts read them as context.secrets.NAME. Who may write a script can get at them."
        of={asked}
        id={(s) => s.id}
        columns={[
          { id: 'id', header: 'Name', cell: (s) => <code>{s.id}</code> },
          { id: 'changed', header: 'Set', minWidth: 170, cell: (s) => <When at={new Date(s.updated_at)} /> },
          { id: 'act', header: 'Change', cell: (s) => <Button variant="inline-link" ariaLabel={`Remove the secret ${s.id}`} onClick={() => setEnding(s.id)}>Remove</Button> },
        ]}
        actions={<Button onClick={() => setAdding(true)}>Set a secret</Button>}
        empty={<Empty title="There are none" />}
      />
      {adding && <Set path={path} close={() => setAdding(false)} done={asked.again} />}
      {ending && (
        <Dialog title={`Remove the secret ${ending}?`} submit="Remove" change={() => admin({ method: 'DELETE', path: [...path, ending] })} said={`The secret ${ending} was removed.`} close={() => setEnding('')} done={asked.again} cli={[{ method: 'DELETE', path: [...path, ending] }]}>
          Scripts that read it find nothing there.
        </Dialog>
      )}
    </>
  );
}

function Set({ path, close, done }: { path: string[]; close: () => void; done: () => void }) {
  const [id, setId] = useState('');
  const [secret, setSecret] = useState('');
  const body = { id: id.trim(), secret };
  return (
    <Dialog title="Set a secret" submit="Set" ready={body.id !== '' && secret !== ''} change={() => admin({ path, body })} said={`The secret ${body.id} is set.`} close={close} done={done} cli={[{ path, body }]}>
      <FormField label="Name" description="One that is there gets the new value."><Input value={id} onChange={(e) => setId(e.detail.value)} name="secret-name" placeholder="API_KEY" spellcheck={false} autoComplete={false} /></FormField>
      <FormField label="Value"><Input value={secret} onChange={(e) => setSecret(e.detail.value)} type="password" name="secret-value" autoComplete={false} /></FormField>
    </Dialog>
  );
}
