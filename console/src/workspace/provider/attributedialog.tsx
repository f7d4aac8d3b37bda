// An attribute that the provider tells: where, under which name, of which type.
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { edit } from '../../admin';
import type { Edit } from '../../edit';
import { Dialog } from '../../part/dialog';
import type { Attribute, Connection, Kind, Source } from '../types';
import { escaped, kindOptions, lonely, pieces, sourceOf, sources } from '../words';
import { optional } from './setting';

const about: Record<Source, string> = {
  id_token: 'What the provider says of somebody who has just signed in. Most of it is here.',
  userinfo: 'What the provider answers when it is asked. Get user info must be on.',
  access_token: 'Only where it is a signed token (JWT) that the provider has made for this connection.',
  saml: 'The signed statement of a SAML provider.',
};

interface Props {
  connection: Connection;
  path: string[];
  attribute: Attribute | undefined;
  /** Whether the connection asks for user info. */
  userInfo: boolean;
  close: () => void;
  done: () => void;
}

export function AttributeDialog({ connection: c, path, attribute: was, userInfo, close, done }: Props) {
  const saml = c.method.startsWith('saml');
  const [source, setSource] = useState<Source>(was?.source ?? c.attributes[0]?.source ?? (saml ? 'saml' : 'id_token'));
  const [name, setName] = useState(was?.name ?? '');
  const [display, setDisplay] = useState(was?.description ?? '');
  const [type, setType] = useState<Kind>(was?.type ?? 'string');
  const options = (Object.keys(sources) as Source[]).filter((s) => saml === (s === 'saml')).map((value) => ({ value, label: sources[value], description: about[value] }));
  const read = pieces(name.trim());
  const wrong = name.trim() !== '' && typeof read === 'string' ? read : undefined;
  const { description: _old, ...rest } = was ?? {};
  const now: Attribute = { ...rest, name: name.trim(), ...(display.trim() ? { description: display.trim() } : {}), type, source };
  const edits: Edit[] = was
    ? [{ at: ['attributes'], swap: was, by: now }, ...(sourceOf(was) === sourceOf(now) ? [] : lonely(was, c).map((m): Edit => ({ at: ['mappings'], swap: m, by: { ...m, source: sourceOf(now) } })))]
    : [{ at: ['attributes'], add: now }];
  return (
    <Dialog
      title={was ? `Attribute ${was.name}` : 'Add attribute'}
      submit={was ? 'Save' : 'Add attribute'}
      ready={name.trim() !== '' && !wrong}
      change={() => edit(path, edits)}
      said={was ? 'The attribute is saved.' : `The attribute ${name.trim()} is there. Map it, so that it is written down.`}
      close={close}
      done={done}
      cli={[{ path, edits }]}
    >
      <FormField label="Source" description="Where the provider says it.">
        <Select selectedOption={options.find((o) => o.value === source) ?? null} options={options} onChange={(e) => setSource(e.detail.selectedOption.value as Source)} expandToViewport ariaLabel="Source" />
      </FormField>
      {source === 'userinfo' && !userInfo && <Alert type="warning">This connection does not ask for user info: turn on Get user info in its advanced settings.</Alert>}
      <FormField label="Claim name" description="As the provider has it. A dot leads into an object; a dot that belongs to the name has a backslash before it." errorText={wrong} constraintText={wrong ? undefined : <Read name={name.trim()} read={read} escape={() => setName(escaped(name.trim()))} />}>
        <Input value={name} onChange={(e) => setName(e.detail.value)} name="claim-name" placeholder="custom:department" autoFocus spellcheck={false} autoComplete={false} />
      </FormField>
      <FormField label={optional('Display name', false)} description="What people call it."><Input value={display} onChange={(e) => setDisplay(e.detail.value)} name="display-name" placeholder="Department" autoComplete={false} /></FormField>
      <FormField label="Data type" description="What the provider says there.">
        <Select selectedOption={kindOptions.find((o) => o.value === type) ?? null} options={kindOptions} onChange={(e) => setType(e.detail.selectedOption.value as Kind)} expandToViewport ariaLabel="Data type" />
      </FormField>
    </Dialog>
  );
}

/** How a name is understood, and a way out where somebody meant its dots. */
function Read({ name, read, escape }: { name: string; read: string[] | string; escape: () => void }) {
  if (name === '' || typeof read === 'string') return null;
  if (read.length === 1) return name.includes('\\') ? <>Read as the one name {read[0]}</> : null;
  return <>Read as {read.join(' → ')}. <Button variant="inline-link" formAction="none" onClick={escape}>The dots belong to the name</Button></>;
}
