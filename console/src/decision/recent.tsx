// What was decided: the decision log.
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import { useState } from 'react';
import { useAsk } from '../ask';
import { house, Refused } from '../aws';
import { Older } from '../part/older';
import { List } from '../part/list';
import { Empty, When } from '../part/shown';
import { href } from '../route';
import { Effect } from './picture';

interface Entry {
  callId: string;
  timestamp: string;
  checkResources?: {
    inputs?: { principal?: { id?: string }; resource?: { kind?: string; id?: string; attr?: Record<string, unknown> }; actions?: string[] }[];
    outputs?: { actions?: Record<string, { effect: string; policy: string }> }[];
  };
  planResources?: { input?: { principal?: { id?: string }; resource?: { kind?: string }; action?: string } };
}

interface Row {
  key: string;
  at: Date;
  who: string;
  action: string;
  kind: string;
  id: string;
  attr: Record<string, unknown>;
  effect: string;
  policy: string;
}

function rows(entries: Entry[]): Row[] {
  return entries.flatMap((e) =>
    (e.checkResources?.inputs ?? []).flatMap((input, i) =>
      Object.entries(e.checkResources?.outputs?.[i]?.actions ?? {}).map(([action, a]) => ({
        key: `${e.callId}/${i}/${action}`, at: new Date(e.timestamp), who: input.principal?.id ?? '', action, kind: input.resource?.kind ?? '', id: input.resource?.id ?? '',
        attr: input.resource?.attr ?? {}, effect: a.effect, policy: a.policy,
      })),
    ),
  );
}

export function Recent() {
  const [older, setOlder] = useState<{ after: string; rows: Row[] }>({ after: '', rows: [] });
  const asked = useAsk(async () => {
    try {
      const answer = await house<{ decisions: Entry[]; next?: string }>('decisions', { limit: '100', after: older.after });
      return { rows: [...older.rows, ...rows(answer.decisions)], next: answer.next, kept: true };
    } catch (e) {
      if (e instanceof Refused && e.$metadata.httpStatusCode === 404) return { rows: [], next: undefined, kept: false };
      throw e;
    }
  }, [older]);
  return (
    <>
      <List
        title="Decisions"
        of={{ ...asked, data: asked.data?.rows }}
        id={(r) => r.key}
        text={(r) => `${r.who} ${r.action} ${r.kind} ${r.id} ${r.effect} ${r.policy}`}
        columns={[
          { id: 'at', header: 'When', by: (r) => r.at.getTime(), cell: (r) => <When at={r.at} /> },
          { id: 'who', header: 'Who', by: (r) => r.who, cell: (r) => r.who },
          { id: 'action', header: 'Action', by: (r) => r.action, cell: (r) => r.action },
          { id: 'resource', header: 'Resource', by: (r) => r.kind + r.id, cell: (r) => `${r.kind}/${r.id}` },
          { id: 'effect', header: 'Effect', by: (r) => r.effect, cell: (r) => <Effect effect={r.effect} /> },
          { id: 'policy', header: 'Policy', by: (r) => r.policy, cell: (r) => r.policy || '–' },
          { id: 'again', header: 'Now', minWidth: 110, cell: (r) => <Link href={href(['decisions'], { principal: r.who, actions: r.action, kind: r.kind, id: r.id, attr: JSON.stringify(r.attr) })} ariaLabel={`Ask again whether ${r.who} may ${r.action} ${r.kind}/${r.id}`}>Ask again</Link> },
        ]}
        empty={
          asked.data?.kept === false ? (
            <Empty title="This server does not remember decisions">Set <code>decision_log: {'{'}database: true{'}'}</code> in its configuration.</Empty>
          ) : (
            <Empty title="Nothing was decided yet" action={<Button href={href(['decisions'])}>Ask something</Button>}>What is asked at the decision point is shown here.</Empty>
          )
        }
      />
      <Older more={asked.data?.next} loading={asked.loading} load={(after) => setOlder({ after, rows: asked.data?.rows ?? [] })} />
    </>
  );
}
