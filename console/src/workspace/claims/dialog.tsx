// A claim that is to be made: of something in the context, or of the client, into one of the tokens.
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import { useState } from 'react';
import { admin } from '../../admin';
import { Dialog } from '../../part/dialog';
import type { Attribute, Claim, Service } from '../types';

/** What the dialog begins with. */
export type NewClaim = Partial<Pick<Claim, 'source_path' | 'name' | 'type'>>;

const ofClient = [
  { value: 'client client_id', label: "The client's ID", description: 'client_id' },
  { value: 'client client_name', label: "The client's name", description: 'client_name' },
];

export function ClaimDialog({ workspace, services, schema, start, close, done }: { workspace: string; services: Service[]; schema: Attribute[]; start: NewClaim; close: () => void; done: () => void }) {
  const [source, setSource] = useState(start.source_path ? `authnCtx ${start.source_path}` : '');
  const [under, setUnder] = useState('');
  const [typed, setName] = useState(start.name);
  const [type, setType] = useState<string>(start.type ?? 'id_token');
  const [scopes, setScopes] = useState<string[]>([]);
  const [opaque, setOpaque] = useState(false);
  const from = source.split(' ')[0] ?? '';
  const root = source.slice(from.length + 1);
  const attribute = from === 'authnCtx' ? schema.find((a) => a.name === root) : undefined;
  const inside = attribute?.type === 'object' || attribute?.type === 'any';
  const path = inside && under.trim() ? `${root}.${under.trim()}` : root;
  const name = typed ?? (path.split('.').pop() ?? '');
  const body = { authorization_server_id: workspace, name: name.trim(), type, source_type: from, source_path: path, scopes, ...(opaque ? { opaque } : {}) };
  const options: SelectProps.OptionGroup[] = [
    { label: 'The authentication context', options: schema.map((a) => ({ value: `authnCtx ${a.name}`, label: a.name, description: a.description, tags: [a.type] })) },
    { label: 'The client', options: ofClient },
  ];
  const all = services.flatMap((s) => s.scopes.map((x) => ({ value: x.scope_name, label: x.scope_name, description: x.display_name })));
  return (
    <Dialog
      title="Add claim"
      submit="Add claim"
      ready={source !== '' && name.trim() !== ''}
      change={() => admin({ path: ['claims'], body })}
      said={`The claim ${name.trim()} is there.`}
      close={close}
      done={done}
      cli={[{ path: ['claims'], body }]}
    >
      <FormField label="What it tells">
        <Select selectedOption={options.flatMap((o) => o.options).find((o) => o.value === source) ?? null} options={options} onChange={(e) => setSource(e.detail.selectedOption.value ?? '')} placeholder="Choose" filteringType="auto" expandToViewport />
      </FormField>
      {inside && <FormField label={<>A part of it <i>– optional</i></>} description="Names with dots between them, such as country."><Input value={under} onChange={(e) => setUnder(e.detail.value)} name="claim-part" spellcheck={false} autoComplete={false} /></FormField>}
      <FormField label="Name" description="As clients read it."><Input value={name} onChange={(e) => setName(e.detail.value)} name="claim-name" spellcheck={false} autoComplete={false} /></FormField>
      <FormField label="In the">
        <RadioGroup value={type} onChange={(e) => setType(e.detail.value)} items={[{ value: 'id_token', label: 'ID token', description: 'For the client.' }, { value: 'access_token', label: 'Access token', description: 'For the APIs that it calls.' }]} />
      </FormField>
      <FormField label="Scopes" description="Any of them lets it through. Without one it always goes.">
        <Multiselect selectedOptions={scopes.map((s) => ({ value: s, label: s }))} options={all} onChange={(e) => setScopes(e.detail.selectedOptions.map((o) => o.value ?? ''))} placeholder="It always goes" deselectAriaLabel={(o) => `Remove ${o.label}`} filteringType="auto" expandToViewport />
      </FormField>
      <Checkbox checked={opaque} onChange={(e) => setOpaque(e.detail.checked)} description={type === 'id_token' ? 'The userinfo endpoint tells it, and the ID token does not.' : 'Introspection tells it, and the access token does not.'}>Keep it out of the token</Checkbox>
    </Dialog>
  );
}
