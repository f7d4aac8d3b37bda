// The settings of a connection, changed in place.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { edit } from '../../admin';
import { useDo } from '../../ask';
import { Cli } from '../../part/dialog';
import { useNotices } from '../../part/notices';
import { Failed } from '../../part/shown';
import { draftOf, editsOf } from './draft';
import { ConnectionForm, NoTemplate, complete, entityOf } from './form';
import type { Seen } from './page';

export function Configuration({ space, connection: c, template, again }: Seen) {
  const notices = useNotices();
  const act = useDo();
  const [draft, set] = useState(() => draftOf(c));
  if (!template) return <NoTemplate method={c.method} />;
  const path = ['servers', space.id, 'idps', c.method, c.id];
  const edits = editsOf(c, draft);
  const ready = edits.length > 0 && complete(template, draft);

  async function save() {
    await edit(path, edits);
    notices.good('The connection is saved.');
    set((was) => ({ ...was, credentials: {} }));
    again();
  }

  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (ready && !act.busy) void act.run(save);
      }}
    >
      <SpaceBetween size="l">
        <ConnectionForm made template={template} draft={draft} set={(change) => set((was) => ({ ...was, ...change }))} redirect={c.redirect_url} entity={entityOf(space)} />
        {edits.length > 0 && <Container><Cli calls={[{ path, edits }]} /></Container>}
        <Failed fault={act.fault} />
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button formAction="none" disabled={edits.length === 0 || act.busy} onClick={() => { act.clear(); set(draftOf(c)); }}>Discard changes</Button>
            <Button variant="primary" formAction="submit" loading={act.busy} disabled={!ready}>Save</Button>
          </SpaceBetween>
        </Box>
      </SpaceBetween>
    </form>
  );
}
