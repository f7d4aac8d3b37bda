// A mapping: from an attribute or a fixed value to the authentication context, which gets a new attribute where it lacks it.
import Alert from '@cloudscape-design/components/alert';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Select from '@cloudscape-design/components/select';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { edit } from '../../admin';
import type { AdminCall } from '../../curl';
import type { Edit } from '../../edit';
import { Dialog } from '../../part/dialog';
import type { Attribute, Connection, Kind, Mapping, Workspace } from '../types';
import { kindOptions, kinds, pieces, readBy, sourceOf, sources } from '../words';
import { optional } from './setting';

interface Props {
  space: Workspace;
  connection: Connection;
  path: string[];
  mapping: Mapping | undefined;
  /** The attribute that it begins with. */
  from: Attribute | undefined;
  /** The target that it begins with. */
  to?: string;
  close: () => void;
  done: () => void;
}

/** What an attribute would be called in the context: custom:department is department. */
function plainName(a: Attribute): string {
  const read = pieces(a.name);
  const last = typeof read === 'string' ? '' : (read.findLast((p) => !p.startsWith('number ')) ?? '');
  return last.replace(/^custom:|^https?:\/\/.*\//, '').replace(/[.[\]\\]/g, '_');
}

/** A fixed value as it was typed: a text, or JSON where the type asks for something else. */
function valueOf(text: string, type: Kind | undefined): unknown {
  if (type === undefined || type === 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // the server says that it does not fit
  }
}

export function MappingDialog({ space, connection: c, path, mapping: was, from, to, close, done }: Props) {
  const schema = space.authentication_context_settings.attributes;
  const [mode, setMode] = useState(was?.mode === 'static' ? 'static' : 'dynamic');
  const [source, setSource] = useState(was?.source ?? (from ? sourceOf(from) : ''));
  const [fixed, setFixed] = useState(was?.static === undefined ? '' : typeof was.static === 'string' ? was.static : JSON.stringify(was.static));
  const [target, setTarget] = useState(was?.target ?? to ?? (from ? plainName(from) : ''));
  const [type, setType] = useState<Kind | ''>(was?.type ?? '');
  const [weak, setWeak] = useState(was?.allow_weak_decoding ?? false);
  const read = readBy({ source, target: '' }, c.attributes);
  const [made, setMade] = useState<{ display?: string; type?: Kind }>({});

  const targetPath = pieces(target.trim());
  const root = typeof targetPath === 'string' ? '' : (targetPath[0] ?? '');
  const there = schema.find((a) => a.name === root);
  const missing = target.trim() !== '.' && root !== '' && !there;
  const inside = typeof targetPath !== 'string' && targetPath.length > 1;
  const fresh: Attribute = { name: root, description: made.display ?? read?.description ?? root, type: made.type ?? (inside ? 'object' : (read?.type ?? 'string')) };
  const kind = type || (inside ? 'any' : (there ?? fresh).type);
  const now: Mapping = {
    ...(mode === 'static' ? { mode: 'static', static: valueOf(fixed, kind) } : { mode: 'dynamic', source: source.trim() }),
    target: target.trim(), ...(type ? { type } : {}), ...(weak ? { allow_weak_decoding: true } : {}),
  };
  const schemaEdits: Edit[] = missing ? [{ at: ['authentication_context_settings', 'attributes'], add: fresh }] : [];
  const edits: Edit[] = [was ? { at: ['mappings'], swap: was, by: now } : { at: ['mappings'], add: now }];
  const server = ['servers', space.id];
  const cli: AdminCall[] = [...(missing ? [{ path: server, edits: schemaEdits }] : []), { path, edits }];
  const dot = target.trim() === '.';
  const wrong = !dot && target.trim() !== '' && typeof targetPath === 'string' ? targetPath : undefined;

  async function save() {
    // It may be there since a try before that failed behind it.
    if (missing) await edit<Workspace>(server, schemaEdits).catch((e: unknown) => { if (!/is there twice/.test(String(e))) throw e; });
    await edit(path, edits);
  }

  function choose(value: string) {
    setSource(value);
    const a = readBy({ source: value, target: '' }, c.attributes);
    if (a && target === '') setTarget(plainName(a));
  }

  return (
    <Dialog
      title={was ? 'Edit mapping' : 'Add mapping'}
      submit={was ? 'Save' : 'Add mapping'}
      large
      ready={target.trim() !== '' && !wrong && (mode === 'static' || source.trim() !== '')}
      change={save}
      said={was ? 'The mapping is saved.' : `${target.trim()} is written from now on.`}
      close={close}
      done={done}
      cli={cli}
    >
      <SegmentedControl selectedId={mode} label="Take" onChange={(e) => setMode(e.detail.selectedId)} options={[{ id: 'dynamic', text: 'What the provider says' }, { id: 'static', text: 'A fixed value' }]} />
      {mode === 'dynamic' ? (
        <FormField label="From" description="An attribute of this connection, or a path inside of one. A lone dot is everything that is known.">
          <Autosuggest
            value={source}
            onChange={(e) => setSource(e.detail.value)}
            onSelect={(e) => choose(e.detail.value)}
            options={c.attributes.map((a) => ({ value: sourceOf(a), label: a.description ?? a.name, description: `${sources[a.source ?? 'id_token']} · ${kinds[a.type]}`, labelTag: a.name }))}
            enteredTextLabel={(v) => `Use the path ${v}`}
            placeholder="Choose an attribute"
            ariaLabel="From"
            clearAriaLabel="Clear From"
            empty="There are no attributes: add one first"
            expandToViewport
          />
        </FormField>
      ) : (
        <FormField label="Value" description={kind === 'string' ? 'As it is to be written.' : `JSON, such as ${examples[kind]}.`}><Input value={fixed} onChange={(e) => setFixed(e.detail.value)} name="fixed" spellcheck={false} autoComplete={false} /></FormField>
      )}
      <FormField label="To" description="An attribute of the authentication context. A name that it does not have yet is added to it." errorText={wrong}>
        <Autosuggest
          value={target}
          onChange={(e) => setTarget(e.detail.value)}
          options={schema.map((a) => ({ value: a.name, label: a.description ?? a.name, description: kinds[a.type], labelTag: a.name }))}
          enteredTextLabel={(v) => (schema.some((a) => a.name === v) ? `Use ${v}` : `Add ${v}`)}
          placeholder="Choose, or type a new name"
          ariaLabel="To"
          clearAriaLabel="Clear To"
          empty="The context has no attributes yet: type a name"
          expandToViewport
        />
      </FormField>
      {missing && (
        <Alert type="info" header={`${root} is new in the authentication context`}>
          Saving adds it to the schema of the workspace {space.name}; other connections can write it, too.
          <div className="beside stacked">
            <FormField label="Display name"><Input value={made.display ?? fresh.description ?? ''} onChange={(e) => setMade({ ...made, display: e.detail.value })} name="context-display-name" autoComplete={false} /></FormField>
            <FormField label="Data type"><Select selectedOption={kindOptions.find((o) => o.value === fresh.type) ?? null} options={kindOptions} onChange={(e) => setMade({ ...made, type: e.detail.selectedOption.value as Kind })} ariaLabel="Data type in the context" expandToViewport /></FormField>
          </div>
        </Alert>
      )}
      <FormField label={optional('Written as', false)} description="Needed only where it is to be written in another type than the context has.">
        <Select
          selectedOption={kindOptions.find((o) => o.value === type) ?? { value: '', label: 'The context’s type' }}
          options={[{ value: '', label: 'The context’s type' }, ...kindOptions]}
          onChange={(e) => setType((e.detail.selectedOption.value ?? '') as Kind | '')}
          ariaLabel="Written as"
          expandToViewport
        />
      </FormField>
      <Toggle checked={weak} description="A text becomes a number, a number a truth value, one value a list. Otherwise what is of another type is left out." onChange={(e) => setWeak(e.detail.checked)}>Convert what is of another type</Toggle>
    </Dialog>
  );
}

const examples: Record<Kind, string> = {
  string: '"staff"', number: '3', bool: 'true', object: '{"a": 1}', string_array: '["a", "b"]', number_array: '[1, 2]', bool_array: '[true]', object_array: '[{"a": 1}]', any: '"staff"',
};
