// Import jobs: people who come in numbers, from a file.
import { DescribeUserImportJobCommand, ListUserImportJobsCommand, StopUserImportJobCommand, type UserImportJobType } from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Link from '@cloudscape-design/components/link';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { useEffect, useState } from 'react';
import { useAsk, type Asked } from '../ask';
import { userPools } from '../aws';
import { every } from '../every';
import { log, type Line } from '../imports/file';
import { NewImport, Template } from '../imports/new';
import { Dialog } from '../part/dialog';
import { List } from '../part/list';
import { Empty, Page, Shown, When } from '../part/shown';
import { href } from '../route';

const moving = ['Pending', 'InProgress', 'Stopping'];
const looks: Record<string, StatusIndicatorProps.Type> = { Created: 'pending', Pending: 'in-progress', InProgress: 'in-progress', Stopping: 'in-progress', Expired: 'stopped', Stopped: 'stopped', Failed: 'error', Succeeded: 'success' };
const words: Record<string, string> = { InProgress: 'In progress', Created: 'Waits for its file' };
const every2 = 2000;

export default function Imports({ pool, job }: { pool: string; job: string | undefined }) {
  return job === undefined ? <Jobs pool={pool} /> : <Job pool={pool} id={job} />;
}

function Status({ of: j }: { of: UserImportJobType }) {
  return <StatusIndicator type={looks[j.Status ?? ''] ?? 'info'}>{words[j.Status ?? ''] ?? j.Status}</StatusIndicator>;
}

// Asks again for as long as something moves.
function useWatch(of: Asked<unknown>, live: boolean) {
  const { again, loading } = of;
  useEffect(() => {
    if (!live || loading) return;
    const t = setTimeout(again, every2);
    return () => clearTimeout(t);
  }, [live, loading, again]);
}

function Jobs({ pool }: { pool: string }) {
  const asked = useAsk(() => every<UserImportJobType>(async (PaginationToken) => {
    const answer = await userPools().send(new ListUserImportJobsCommand({ UserPoolId: pool, MaxResults: 50, PaginationToken }));
    return [answer.UserImportJobs, answer.PaginationToken];
  }), [pool]);
  useWatch(asked, asked.data?.some((j) => moving.includes(j.Status ?? '')) ?? false);
  const [adding, setAdding] = useState(false);
  const add = <Button variant="primary" onClick={() => setAdding(true)}>Import users</Button>;
  return (
    <Page title="Import" about="People who come in numbers, from a CSV file." actions={<SpaceBetween direction="horizontal" size="xs"><Template pool={pool} />{add}</SpaceBetween>}>
      <List
        title="Jobs"
        of={asked}
        id={(j) => j.JobId ?? ''}
        text={(j) => `${j.JobName} ${j.JobId}`}
        columns={[
          { id: 'name', header: 'Name', by: (j) => j.JobName ?? '', cell: (j) => <Link href={href(['pools', pool, 'import', j.JobId ?? ''])}>{j.JobName}</Link> },
          { id: 'status', header: 'Status', by: (j) => j.Status ?? '', cell: (j) => <Status of={j} /> },
          { id: 'in', header: 'Imported', by: (j) => Number(j.ImportedUsers ?? 0), cell: (j) => String(j.ImportedUsers ?? 0), minWidth: 90 },
          { id: 'skipped', header: 'Skipped', by: (j) => Number(j.SkippedUsers ?? 0), cell: (j) => String(j.SkippedUsers ?? 0), minWidth: 90 },
          { id: 'failed', header: 'Failed', by: (j) => Number(j.FailedUsers ?? 0), cell: (j) => String(j.FailedUsers ?? 0), minWidth: 90 },
          { id: 'made', header: 'Created', by: (j) => j.CreationDate?.getTime() ?? 0, cell: (j) => <When at={j.CreationDate} /> },
        ]}
        empty={<Empty title="Nobody was imported yet" action={add}>Take the file to fill in, and a line for each user.</Empty>}
      />
      {adding && <NewImport pool={pool} close={() => setAdding(false)} done={asked.again} />}
    </Page>
  );
}

function Job({ pool, id }: { pool: string; id: string }) {
  const asked = useAsk(async () => {
    const job = (await userPools().send(new DescribeUserImportJobCommand({ UserPoolId: pool, JobId: id }))).UserImportJob ?? {};
    return { job, lines: moving.includes(job.Status ?? '') ? undefined : await log(pool, id) }; // a log may be long: once, at the end
  }, [pool, id]);
  const [stopping, setStopping] = useState(false);
  const job = asked.data?.job;
  const live = moving.includes(job?.Status ?? '');
  useWatch(asked, live);
  const input = { UserPoolId: pool, JobId: id };
  return (
    <Page title={job?.JobName ?? id} about={live ? 'It goes on by itself, also when this page is closed.' : undefined} actions={live && <Button onClick={() => setStopping(true)}>Stop</Button>}>
      <Shown of={{ ...asked, data: job }}>
        {(j) => (
          <Container header={<Header variant="h2">The job</Header>}>
            <SpaceBetween size="m">
              <KeyValuePairs
                columns={4}
                items={[
                  { label: 'Status', value: <Status of={j} /> },
                  { label: 'Imported', value: String(j.ImportedUsers ?? 0) },
                  { label: 'Skipped', value: String(j.SkippedUsers ?? 0) },
                  { label: 'Failed', value: String(j.FailedUsers ?? 0) },
                  { label: 'Created', value: <When at={j.CreationDate} /> },
                  { label: 'Started', value: <When at={j.StartDate} /> },
                  { label: 'Ended', value: <When at={j.CompletionDate} /> },
                  { label: 'Hashes of passwords', value: j.PasswordHashingAlgorithm ?? 'none' },
                ]}
              />
              {j.CompletionMessage && <Alert type={j.Status === 'Failed' ? 'error' : 'info'}>{j.CompletionMessage}</Alert>}
            </SpaceBetween>
          </Container>
        )}
      </Shown>
      {asked.data?.lines && <Lines of={{ ...asked, data: asked.data.lines }} />}
      {stopping && <Dialog title={`Stop ${job?.JobName}?`} submit="Stop" change={() => userPools().send(new StopUserImportJobCommand(input))} said="The job stops." close={() => setStopping(false)} done={asked.again} cli={[{ service: 'cognito-idp', operation: 'StopUserImportJob', input }]}>Who was imported stays. A stopped job cannot go on.</Dialog>}
    </Page>
  );
}

const outcomes: Record<string, { type: StatusIndicatorProps.Type; text: string }> = { SUCCEEDED: { type: 'success', text: 'Imported' }, SKIPPED: { type: 'info', text: 'Skipped' }, FAILED: { type: 'error', text: 'Failed' }, '': { type: 'info', text: '' } };

function Lines({ of }: { of: Asked<Line[]> }) {
  const [which, setWhich] = useState('wrong');
  const all = of.data ?? [];
  const shown = which === 'all' ? all : all.filter((l) => l.outcome !== 'SUCCEEDED');
  return (
    <List
      title="Lines"
      about="As the file has them: the first line is the header."
      of={{ ...of, data: shown }}
      id={(l) => `${l.number} ${l.text}`}
      text={(l) => `${l.number} ${l.text}`}
      actions={<SegmentedControl label="Which lines" selectedId={which} options={[{ id: 'wrong', text: `Not imported (${all.filter((l) => l.outcome !== 'SUCCEEDED').length})` }, { id: 'all', text: `All (${all.length})` }]} onChange={(e) => setWhich(e.detail.selectedId)} />}
      columns={[
        { id: 'line', header: 'Line', by: (l) => l.number, cell: (l) => l.number || '', minWidth: 70 },
        { id: 'outcome', header: 'Outcome', by: (l) => l.outcome, cell: (l) => <StatusIndicator type={outcomes[l.outcome]?.type ?? 'info'}>{outcomes[l.outcome]?.text}</StatusIndicator> },
        { id: 'text', header: 'Why', cell: (l) => l.text, minWidth: 260 },
      ]}
      empty={<Empty title={all.length === 0 ? 'No line was read' : 'Everybody was imported'} />}
    />
  );
}
