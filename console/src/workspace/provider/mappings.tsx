// What of that becomes the authentication context: what this server knows of a person while they are signed in.
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Alert from '@cloudscape-design/components/alert';
import { useState } from 'react';
import { edit } from '../../admin';
import type { Edit } from '../../edit';
import { Dialog } from '../../part/dialog';
import { List, known } from '../../part/list';
import { Empty } from '../../part/shown';
import type { Attribute, Mapping } from '../types';
import { kinds, readBy, readersOf, sourceOf, sources } from '../words';
import { MappingDialog } from './mappingdialog';
import type { Seen } from './page';
import { Two } from '../../part/two';

export function Mappings({ space, connection: c, again }: Seen) {
  const [act, setAct] = useState<{ on?: Mapping; from?: Attribute; end?: boolean }>();
  const path = ['servers', space.id, 'idps', c.method, c.id];
  const mappings = c.mappings ?? [];
  const schema = space.authentication_context_settings.attributes;
  const loose = c.attributes.filter((a) => readersOf(a, mappings).length === 0);
  const add = <Button variant="primary" onClick={() => setAct({})}>Add mapping</Button>;
  const close = () => setAct(undefined);
  const title = (target: string) => schema.find((a) => a.name === target)?.description;
  return (
    <SpaceBetween size="l">
      {loose.length > 0 && (
        <Alert type="info" header="Seen, but not mapped yet">
          <SpaceBetween direction="horizontal" size="xs">
            {loose.slice(0, 8).map((a) => <Button key={sourceOf(a)} iconName="add-plus" ariaLabel={`Map ${a.name} of the ${sources[a.source ?? 'id_token']}`} onClick={() => setAct({ from: a })}>{a.description ?? a.name}</Button>)}
          </SpaceBetween>
        </Alert>
      )}
      <List
        title="Mappings"
        about="From what the provider says to the authentication context: what is known of a person while they are signed in. Claims take it from there to your apps."
        of={known(mappings)}
        still
        id={(m) => JSON.stringify(m)}
        text={(m) => `${m.source} ${m.target} ${readBy(m, c.attributes)?.description ?? ''}`}
        columns={[
          { id: 'from', header: 'From', by: (m) => m.source ?? '', cell: (m) => <From m={m} attributes={c.attributes} /> },
          { id: 'to', header: 'To', by: (m) => m.target, cell: (m) => <Two top={m.target === '.' ? 'Everything, under its own name' : (title(m.target) ?? m.target)} below={m.target} /> },
          { id: 'type', header: 'Written as', wide: true, by: (m) => m.type ?? '', cell: (m) => (m.type ? kinds[m.type] : 'The context’s type') },
          { id: 'weak', header: 'Another type', wide: true, cell: (m) => (m.allow_weak_decoding ? 'is converted' : 'is left out') },
          {
            id: 'act', header: 'Change', minWidth: 90, cell: (m) => (
              <SpaceBetween direction="horizontal" size="s">
                <Button variant="inline-link" ariaLabel={`Edit the mapping to ${m.target}`} onClick={() => setAct({ on: m })}>Edit</Button>
                <Button variant="inline-link" ariaLabel={`Remove the mapping to ${m.target}`} onClick={() => setAct({ on: m, end: true })}>Remove</Button>
              </SpaceBetween>
            ),
          },
        ]}
        actions={add}
        empty={<Empty title="Nothing is mapped" action={add}>Whoever comes through this connection is known by the provider’s ID of them alone.</Empty>}
      />
      {act && !act.end && <MappingDialog space={space} connection={c} path={path} mapping={act.on} from={act.from} close={close} done={again} />}
      {act?.on && act.end && <Remove path={path} m={act.on} close={close} done={again} />}
    </SpaceBetween>
  );
}

function From({ m, attributes }: { m: Mapping; attributes: Attribute[] }) {
  if (m.mode === 'static') return <Two top="A fixed value" below={JSON.stringify(m.static)} />;
  if (m.source === '.') return <Two top="Everything that is known" below="." />;
  const a = readBy(m, attributes);
  return <Two top={a ? (a.description ?? a.name) : 'Not among the attributes'} below={a ? `${sources[a.source ?? 'id_token']}: ${a.name}` : (m.source ?? '')} />;
}

function Remove({ path, m, close, done }: { path: string[]; m: Mapping; close: () => void; done: () => void }) {
  const edits: Edit[] = [{ at: ['mappings'], drop: m }];
  return (
    <Dialog title={`Remove the mapping to ${m.target}?`} submit="Remove" change={() => edit(path, edits)} said="The mapping is removed." close={close} done={done} cli={[{ path, edits }]}>
      The attribute stays, and so does {m.target} in the authentication context: this connection no longer writes it.
    </Dialog>
  );
}
