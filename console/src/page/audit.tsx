// Who did what to whom: the audit log, newest first.
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { useAsk } from '../ask';
import { house, Refused } from '../aws';
import { List } from '../part/list';
import { Older } from '../part/older';
import { Code, Empty, Page, When } from '../part/shown';
import { go } from '../route';

interface Rec {
  chain: string;
  seq: number;
  time: string;
  front: string;
  operation: string;
  actor: { kind: string; id?: string };
  source?: string;
  outcome: string;
  pool?: string;
  client?: string;
  user?: string;
  group?: string;
  resource?: string;
}

const names = ['operation', 'pool', 'user', 'actor', 'since', 'failed'] as const;
type Filter = Record<(typeof names)[number], string>;

const spans = [
  { value: '', label: 'Always' },
  { value: '1', label: 'The last hour' },
  { value: '24', label: 'The last day' },
  { value: '168', label: 'The last week' },
];

function about(r: Rec): string {
  return [r.user, r.group && `group ${r.group}`, r.client && `client ${r.client}`, r.resource, r.pool].filter(Boolean).join(' · ') || '–';
}

export default function Audit({ query }: { query: URLSearchParams }) {
  const [typed, setTyped] = useState(() => Object.fromEntries(names.map((n) => [n, query.get(n) ?? ''])) as Filter);
  const [asked, setAsked] = useState<{ filter: Filter; after: string; rows: Rec[] }>({ filter: typed, after: '', rows: [] });
  const [open, setOpen] = useState<Rec>();
  const list = useAsk(async () => {
    const { since, ...filter } = asked.filter;
    const from = since ? new Date(Date.now() - Number(since) * 3600_000).toISOString() : '';
    try {
      const answer = await house<{ records: Rec[]; next?: string }>('records', { ...filter, since: from, limit: '100', after: asked.after });
      return { rows: [...asked.rows, ...answer.records], next: answer.next, kept: true };
    } catch (e) {
      if (e instanceof Refused && e.$metadata.httpStatusCode === 404) return { rows: [], next: undefined, kept: false };
      throw e;
    }
  }, [asked]);
  const change = (part: Partial<Filter>) => setTyped((was) => ({ ...was, ...part }));
  const failed = typed.failed === 'true';
  return (
    <Page title="Audit log" about="Who did what to whom, from where, and how it ended. Reads are not in it.">
      {list.data?.kept === false && <Alert type="info" header="Nothing is recorded on this server">Development servers record nothing unless <code>audit.mode</code> is on.</Alert>}
      <form
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          setAsked({ filter: typed, after: '', rows: [] });
          go(['audit'], typed);
        }}
      >
        <SpaceBetween direction="horizontal" size="xs" alignItems="end">
          <FormField label="Operation"><Input value={typed.operation} onChange={(e) => change({ operation: e.detail.value.trim() })} placeholder="AdminDeleteUser" name="operation" spellcheck={false} /></FormField>
          <FormField label="User"><Input value={typed.user} onChange={(e) => change({ user: e.detail.value.trim() })} placeholder="sub or name" name="user" spellcheck={false} /></FormField>
          <FormField label="Pool"><Input value={typed.pool} onChange={(e) => change({ pool: e.detail.value.trim() })} placeholder="us-east-1_…" name="pool" spellcheck={false} /></FormField>
          <FormField label="By"><Input value={typed.actor} onChange={(e) => change({ actor: e.detail.value.trim() })} placeholder="access_key:AKIA…" name="actor" spellcheck={false} /></FormField>
          <FormField label="When"><Select selectedOption={spans.find((s) => s.value === typed.since) ?? null} options={spans} onChange={(e) => change({ since: e.detail.selectedOption.value ?? '' })} /></FormField>
          <Checkbox checked={failed} onChange={(e) => change({ failed: e.detail.checked ? 'true' : '' })}>Failed only</Checkbox>
          <Button formAction="submit" iconName="search">Find</Button>
        </SpaceBetween>
      </form>
      <List
        title="Records"
        of={{ ...list, data: list.data?.rows }}
        id={(r) => `${r.chain}/${r.seq}`}
        text={(r) => JSON.stringify(r)}
        columns={[
          { id: 'time', header: 'When', by: (r) => r.time, minWidth: 150, cell: (r) => <When at={new Date(r.time)} /> },
          { id: 'operation', header: 'What', by: (r) => r.operation, minWidth: 190, cell: (r) => <Button variant="inline-link" ariaLabel={`The whole record of ${r.operation}`} onClick={() => setOpen(r)}>{r.operation}</Button> },
          { id: 'about', header: 'To whom or what', cell: about },
          { id: 'actor', header: 'By, from', minWidth: 150, by: (r) => `${r.actor.kind}:${r.actor.id ?? ''}`, cell: (r) => <>{[r.actor.kind.replace('_', ' '), r.actor.id].filter(Boolean).join(' ')}{r.source && <Box color="text-body-secondary" fontSize="body-s">{r.source}</Box>}</> },
          { id: 'outcome', header: 'Ended', by: (r) => r.outcome, minWidth: 210, cell: (r) => <StatusIndicator type={r.outcome === 'ok' ? 'success' : 'error'} wrapText>{r.outcome}</StatusIndicator> },
        ]}
        empty={<Empty title={list.data?.kept === false ? 'There is no audit log' : 'Nothing like that was recorded'}>The filters look for whole words.</Empty>}
      />
      <Older more={list.data?.next} loading={list.loading} load={(after) => setAsked({ ...asked, after, rows: list.data?.rows ?? [] })} />
      {open && (
        <Modal visible header={open.operation} onDismiss={() => setOpen(undefined)} closeAriaLabel="Close" size="large">
          <Code label="Record">{JSON.stringify(open, null, 2)}</Code>
        </Modal>
      )}
    </Page>
  );
}
