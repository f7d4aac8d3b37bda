// A new identity pool, with few questions: the rest is asked on its own page.
import { CreateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import Alert from '@cloudscape-design/components/alert';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Toggle from '@cloudscape-design/components/toggle';
import { useRef, useState } from 'react';
import { identityPools } from '../aws';
import { Dialog } from '../part/dialog';
import { go } from '../route';
import { asProvider, noPool, UserPoolFields } from './userpool';

export function Create({ close }: { close: () => void }) {
  const [name, setName] = useState('');
  const [guests, setGuests] = useState(false);
  const [classic, setClassic] = useState(false);
  const [pool, setPool] = useState(noPool);
  const [developer, setDeveloper] = useState('');
  const made = useRef('');
  const input = {
    IdentityPoolName: name.trim(), AllowUnauthenticatedIdentities: guests, ...(classic ? { AllowClassicFlow: true } : {}),
    ...(pool.pool.trim() ? { CognitoIdentityProviders: [asProvider(pool)] } : {}),
    ...(developer.trim() ? { DeveloperProviderName: developer.trim() } : {}),
  };
  return (
    <Dialog
      title="Create identity pool"
      submit="Create identity pool"
      large
      ready={name.trim() !== '' && (!pool.pool.trim() || pool.client.trim() !== '')}
      change={async () => {
        made.current = (await identityPools().send(new CreateIdentityPoolCommand(input))).IdentityPoolId ?? '';
      }}
      said={`The identity pool ${name.trim()} is there.`}
      close={close}
      done={() => go(['identity-pools', made.current])}
      cli={[{ service: 'cognito-identity', operation: 'CreateIdentityPool', input }]}
    >
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="pool-name" autoFocus spellcheck={false} autoComplete={false} /></FormField>
      <UserPoolFields value={pool} set={setPool} optional />
      <Developer value={developer} set={setDeveloper} />
      <Doors guests={guests} setGuests={setGuests} classic={classic} setClassic={setClassic} />
      <Alert type="info">Other providers and roles are added on the page of the pool. Before it has roles, nobody gets credentials.</Alert>
    </Dialog>
  );
}

export function Developer({ value, set }: { value: string; set: (v: string) => void }) {
  return (
    <FormField label={<>Developer provider <i>– optional</i></>} description="A name for users whom your own backend vouches for. It cannot be changed or taken away later.">
      <Input value={value} onChange={(e) => set(e.detail.value)} name="developer" placeholder="login.example.com" spellcheck={false} autoComplete={false} />
    </FormField>
  );
}

export function Doors(p: { guests: boolean; setGuests: (v: boolean) => void; classic: boolean; setClassic: (v: boolean) => void }) {
  return (
    <>
      <Toggle checked={p.guests} onChange={(e) => p.setGuests(e.detail.checked)} description="Whoever has not signed in gets an identity, too, and the credentials of the role for guests.">Guests may come in</Toggle>
      <Toggle checked={p.classic} onChange={(e) => p.setClassic(e.detail.checked)} description="Apps get tokens, and choose the role that they exchange them for themselves. Most do without.">Classic flow</Toggle>
    </>
  );
}
