// An identity pool at a glance, and its own settings.
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { differences } from '../edit';
import { useAbout } from '../part/about';
import { Dialog } from '../part/dialog';
import { Id, YesNo } from '../part/shown';
import { Worth } from '../part/worth';
import { href } from '../route';
import { Doors } from './create';
import { providers, roleName, settings, type Whole } from './pool';
import { warnings } from './warnings';

export interface Common {
  of: Whole;
  again: () => void;
}

export function Overview({ of, again }: Common) {
  const { pool, roles } = of;
  const id = pool.IdentityPoolId ?? '';
  const account = useAbout()?.account;
  const [editing, setEditing] = useState(false);
  const all = providers(pool);
  const tags = Object.entries(pool.IdentityPoolTags ?? {});
  const at = (tab: string, n: number) => <Link href={href(['identity-pools', id, tab])} fontSize="display-l" ariaLabel={`${n} ${tab}`}>{String(n)}</Link>;
  return (
    <SpaceBetween size="l">
      <Worth found={warnings(of)} at={['identity-pools', id]} />
      <Container header={<Header variant="h2" actions={<Button ariaLabel="Edit the settings" onClick={() => setEditing(true)}>Edit</Button>}>The pool</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'ID', value: <Id>{id}</Id> },
            ...(account ? [{ label: 'ARN', value: <Id>{`arn:aws:cognito-identity:${id.split(':')[0]}:${account}:identitypool/${id}`}</Id> }] : []),
            { label: 'Tags', value: tags.length > 0 ? <ul className="plain">{tags.map(([k, v]) => <li key={k}>{k}: {v}</li>)}</ul> : 'none' },
            { label: 'Guests', value: <YesNo value={pool.AllowUnauthenticatedIdentities} yes="May come in" no="Stay outside" /> },
            { label: 'Classic flow', value: <YesNo value={pool.AllowClassicFlow} /> },
            { label: 'Developer provider', value: pool.DeveloperProviderName ?? 'none' },
            { label: 'Providers', value: at('providers', all.length) },
            { label: 'Role mappings', value: at('roles', Object.keys(roles.RoleMappings).length) },
            { label: 'Role of people who have signed in', value: <span className="long" title={roles.Roles.authenticated}>{roleName(roles.Roles.authenticated) || 'none'}</span> },
          ]}
        />
      </Container>
      {editing && <Edit of={of} close={() => setEditing(false)} done={again} />}
    </SpaceBetween>
  );
}

function Edit({ of: { pool }, close, done }: { of: Whole; close: () => void; done: () => void }) {
  const [name, setName] = useState(pool.IdentityPoolName ?? '');
  const [guests, setGuests] = useState(pool.AllowUnauthenticatedIdentities ?? false);
  const [classic, setClassic] = useState(pool.AllowClassicFlow ?? false);
  const change = settings(pool, differences(pool, { IdentityPoolName: name.trim(), AllowUnauthenticatedIdentities: guests, AllowClassicFlow: classic || pool.AllowClassicFlow !== undefined ? classic : undefined }));
  return (
    <Dialog title="Settings" submit="Save" ready={name.trim() !== ''} change={change.make} said="The identity pool is saved." close={close} done={done} cli={change.calls}>
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="pool-name" spellcheck={false} autoComplete={false} /></FormField>
      <Doors guests={guests} setGuests={setGuests} classic={classic} setClassic={setClassic} />
    </Dialog>
  );
}
