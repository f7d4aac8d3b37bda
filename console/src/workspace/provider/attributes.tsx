// What the provider tells: only what is listed here is seen.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { edit } from '../../admin';
import type { Edit } from '../../edit';
import { Dialog } from '../../part/dialog';
import { List, known } from '../../part/list';
import { Empty } from '../../part/shown';
import { href } from '../../route';
import type { Attribute } from '../types';
import { kinds, lonely, readersOf, sourceOf, sources } from '../words';
import { AttributeDialog } from './attributedialog';
import type { Seen } from './page';
import { Two } from '../../part/two';

export function Attributes({ space, connection: c, template, again }: Seen) {
  const [act, setAct] = useState<{ on?: Attribute; end?: boolean }>();
  const path = ['servers', space.id, 'idps', c.method, c.id];
  const mappings = c.mappings ?? [];
  const add = <Button variant="primary" onClick={() => setAct({})}>Add attribute</Button>;
  const close = () => setAct(undefined);
  return (
    <>
      <List
        title="Attributes"
        about="What the provider says of a person, and where it says it. What is not listed here is not seen."
        of={known(c.attributes)}
        still
        id={sourceOf}
        text={(a) => `${a.name} ${a.description ?? ''} ${sources[a.source ?? 'id_token']}`}
        columns={[
          { id: 'name', header: 'Attribute', minWidth: 150, by: (a) => a.description ?? a.name, cell: (a) => <Two top={a.description ?? a.name} below={a.name} /> },
          { id: 'source', header: 'Source', by: (a) => a.source ?? '', cell: (a) => sources[a.source ?? 'id_token'] },
          { id: 'type', header: 'Data type', wide: true, by: (a) => a.type, cell: (a) => kinds[a.type] },
          { id: 'to', header: 'Mapped to', wide: true, cell: (a) => <To a={a} mappings={mappings} map={href(['workspaces', space.id, 'providers', c.id, 'mappings'])} /> },
          {
            id: 'act', header: 'Change', minWidth: 90, cell: (a) => (
              <SpaceBetween direction="horizontal" size="s">
                <Button variant="inline-link" ariaLabel={`Edit ${a.name} of the ${sources[a.source ?? 'id_token']}`} onClick={() => setAct({ on: a })}>Edit</Button>
                <Button variant="inline-link" ariaLabel={`Remove ${a.name} of the ${sources[a.source ?? 'id_token']}`} onClick={() => setAct({ on: a, end: true })}>Remove</Button>
              </SpaceBetween>
            ),
          },
        ]}
        actions={add}
        empty={<Empty title="Nothing of what the provider says is seen" action={add}>Add what it says of a person, then map it.</Empty>}
      />
      {act && !act.end && <AttributeDialog connection={c} path={path} attribute={act.on} userInfo={c.settings.get_user_info === true || !template?.settings.includes('get_user_info')} close={close} done={again} />}
      {act?.on && act.end && <Remove seen={{ c, path, a: act.on }} close={close} done={again} />}
    </>
  );
}

function To({ a, mappings, map }: { a: Attribute; mappings: NonNullable<Seen['connection']['mappings']>; map: string }) {
  const readers = readersOf(a, mappings);
  if (readers.length === 0) return <Link href={map} ariaLabel={`Map ${a.name}`}>not mapped yet</Link>;
  return <Box variant="span">{readers.map((m) => (m.target === '.' ? 'everything' : m.target)).join(', ')}</Box>;
}

function Remove({ seen: { c, path, a }, close, done }: { seen: { c: Seen['connection']; path: string[]; a: Attribute }; close: () => void; done: () => void }) {
  const along = lonely(a, c);
  const edits: Edit[] = [{ at: ['attributes'], drop: a }, ...along.map((m): Edit => ({ at: ['mappings'], drop: m }))];
  return (
    <Dialog title={`Remove the attribute ${a.name}?`} submit="Remove" change={() => edit(path, edits)} said={`The attribute ${a.name} is removed.`} close={close} done={done} cli={[{ path, edits }]}>
      {along.length > 0 ? <>What it was mapped to ({along.map((m) => m.target).join(', ')}) is no longer written by it: the mapping goes, too.</> : 'It is not mapped to anything.'} What is kept of people who came through the connection is asked for anew.
    </Dialog>
  );
}
