// What a script did where it runs, for who debugs it. Runs are kept when that is asked for, and whoever looks is in the audit log.
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { admin } from '../../admin';
import { useDo } from '../../ask';
import { Dialog } from '../../part/dialog';
import { Code, Failed, moment } from '../../part/shown';
import { href } from '../../route';
import { Outcome } from './outcome';
import { pointTypes, type Kept } from './words';

interface Debugging {
  until?: string;
  runs?: Kept[];
}

export async function runsOf(workspace: string, id: string): Promise<Debugging> {
  return admin<Debugging>({ path: ['servers', workspace, 'scripts', id, 'debug'] });
}

export function Debug({ workspace, id }: { workspace: string; id: string }) {
  const [said, setSaid] = useState<Debugging>();
  const [asking, setAsking] = useState(false);
  const look = useDo();
  const show = () => look.run(async () => setSaid(await runsOf(workspace, id)));
  const request = { method: 'PUT' as const, path: ['servers', workspace, 'scripts', id, 'debug'], body: { duration: '15m' } };
  const on = said?.until && new Date(said.until) > new Date() ? new Date(said.until) : undefined;
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="What it was told and what came of it, kept for an hour where it runs. That is about people: whoever looks is in the audit log."
          actions={<SpaceBetween direction="horizontal" size="xs"><Button loading={look.busy} onClick={() => void show()}>Show runs</Button><Button onClick={() => setAsking(true)}>Keep runs</Button></SpaceBetween>}
        >
          Runs
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Failed fault={look.fault} />
        {on && <div>{`Runs are kept until ${moment(on)}.`}</div>}
        {said && !said.runs?.length && <div>None was kept in the last hour.</div>}
        {said?.runs?.map((r, i) => (
          <ExpandableSection key={`${r.at} ${i}`} headerText={moment(new Date(r.at))} headerDescription={r.caught_err || pointTypes.find((t) => t.type === r.type)?.label}>
            <SpaceBetween size="s">
              <Outcome of={r} />
              {r.trace_id && <Link href={href(['workspaces', workspace, 'traces', r.trace_id])}>The sign-in that it was part of</Link>}
              <ExpandableSection headerText="What it was told"><Code label="Input">{JSON.stringify(r.input, null, 2)}</Code></ExpandableSection>
            </SpaceBetween>
          </ExpandableSection>
        ))}
        {!said && <div>Nothing was looked at yet.</div>}
      </SpaceBetween>
      {asking && (
        <Dialog title="Keep runs for 15 minutes?" submit="Keep runs" change={() => admin(request)} said="Runs are kept for 15 minutes." close={() => setAsking(false)} done={() => void show()} cli={[request]}>
          {'What the script is told of people is kept with each run, sealed, for an hour. Values of secrets are not.'}
        </Dialog>
      )}
    </Container>
  );
}
