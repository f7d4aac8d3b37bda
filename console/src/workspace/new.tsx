// A new workspace: a name, an id that addresses have, and where its people are kept.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider';
import { useState } from 'react';
import { admin } from '../admin';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { useAbout } from '../part/about';
import { Dialog } from '../part/dialog';
import { Failed } from '../part/shown';
import { go } from '../route';
import { idOf } from './words';

const own = { value: '', label: 'A new one, for this workspace', description: 'What you want where nobody signs in with a password of yours.' };

export function NewWorkspace({ close }: { close: () => void }) {
  const tenant = useAbout()?.tenant ?? 'default';
  const pools = useAsk(async () => (await userPools().send(new ListUserPoolsCommand({ MaxResults: 60 }))).UserPools ?? [], []);
  const [name, setName] = useState('');
  const [typed, setTyped] = useState<string>();
  const [pool, setPool] = useState('');
  const id = typed ?? idOf(name);
  const body = { id, name: name.trim(), ...(pool ? { user_pool_id: pool } : {}) };
  const options = [own, ...(pools.data ?? []).map((p) => ({ value: p.Id ?? '', label: p.Name ?? '', description: p.Id }))];
  return (
    <Dialog
      title="Create workspace"
      submit="Create workspace"
      ready={name.trim() !== '' && id !== ''}
      change={() => admin({ path: ['servers'], body })}
      said={`The workspace ${name.trim()} is there.`}
      close={close}
      done={() => go(['workspaces', id])}
      cli={[{ path: ['servers'], body }]}
    >
      <FormField label="Name" description="The people who sign in see it."><Input value={name} onChange={(e) => setName(e.detail.value)} name="workspace-name" placeholder="Work" autoFocus spellcheck={false} autoComplete={false} /></FormField>
      <FormField label="ID" description="Small letters, digits and hyphens. It cannot be changed later: apps know the workspace by it." constraintText={`Issuer: ${location.origin}/${tenant}/${id || '…'}`}>
        <Input value={id} onChange={(e) => setTyped(e.detail.value)} name="workspace-id" placeholder="work" spellcheck={false} autoComplete={false} />
      </FormField>
      <FormField label="User pool" description="Everybody who comes from outside becomes a user there. This cannot be changed later.">
        <Select selectedOption={options.find((o) => o.value === pool) ?? own} options={options} onChange={(e) => setPool(e.detail.selectedOption.value ?? '')} statusType={pools.loading ? 'loading' : 'finished'} loadingText="Asking the server" filteringType={options.length > 10 ? 'auto' : 'none'} expandToViewport />
      </FormField>
      <Failed fault={pools.fault} again={pools.again} />
    </Dialog>
  );
}
