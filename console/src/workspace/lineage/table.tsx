// The same as a table: a row for each way, which ends at the client or says why it does not.
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReactNode } from 'react';
import { List } from '../../part/list';
import { Empty } from '../../part/shown';
import { nameOf, tokenName, type Net, type Way } from './graph';
import { sourceName } from '../words';

export function Ways({ g, shown, actions, narrow }: { g: Net; shown: Way[]; actions: (w: Way) => ReactNode; narrow: boolean }) {
  const connection = (w: Way) => (w.attribute?.of ? (g.by.get(w.attribute.of)?.label ?? '') : '');
  return (
    <List
      title="Ways"
      about="From a provider to the client, one a row."
      still
      of={{ data: shown, fault: undefined, loading: false, again: () => undefined }}
      id={(w) => [w.attribute?.id, w.context?.id, w.claim?.id].join(' ')}
      columns={narrow ? [{ id: 'way', header: 'Way', minWidth: 220, cell: (w) => <Stacked way={w} connection={connection(w)} client={g.client !== undefined}>{w.ends ? actions(w) : undefined}</Stacked> }] : [
        { id: 'attribute', header: 'Attribute', minWidth: 150, by: (w) => (w.attribute ? nameOf(w.attribute) : ''), cell: (w) => (w.attribute ? <code>{nameOf(w.attribute)}</code> : '–') },
        { id: 'connection', header: 'Provider', by: connection, cell: (w) => (w.attribute ? `${connection(w)}, ${w.attribute.kind === 'static' ? 'a fixed value' : sourceName(w.attribute.source)}` : '–') },
        { id: 'context', header: 'In the context', minWidth: 150, by: (w) => (w.context ? nameOf(w.context) : ''), cell: (w) => (w.context ? <code>{nameOf(w.context)}</code> : '–') },
        { id: 'claim', header: 'Claim', minWidth: 150, by: (w) => w.claim?.label ?? '', cell: (w) => (w.claim ? <><code>{w.claim.label}</code> in the {tokenName(w.claim.type)}</> : '–') },
        { id: 'ends', header: g.client ? `What ${g.client.label} gets` : 'Where it ends', minWidth: 190, by: (w) => w.ends || ' ', cell: (w) => <Ends way={w} client={g.client !== undefined} /> },
        { id: 'act', header: 'Change', minWidth: 130, cell: actions },
      ]}
      empty={<Empty title="Nothing like that">No way has this in it.</Empty>}
    />
  );
}

/** A way in one cell, where there is no room for columns. */
function Stacked({ way: w, connection, client, children }: { way: Way; connection: string; client: boolean; children: ReactNode }) {
  return (
    <SpaceBetween size="xxs">
      {w.attribute && <div><code>{nameOf(w.attribute)}</code> of {connection}, {w.attribute.kind === 'static' ? 'a fixed value' : sourceName(w.attribute.source)}</div>}
      {w.context && <div>→ <code>{nameOf(w.context)}</code> in the context</div>}
      {w.claim && <div>→ the claim <code>{w.claim.label}</code> in the {tokenName(w.claim.type)}</div>}
      <Ends way={w} client={client} />
      {children}
    </SpaceBetween>
  );
}

function Ends({ way, client }: { way: Way; client: boolean }) {
  if (way.ends) return <StatusIndicator type="warning" wrapText>{way.ends}</StatusIndicator>;
  if (!client) return <StatusIndicator type="info" wrapText>choose a client</StatusIndicator>;
  return <StatusIndicator type="success" wrapText>{way.by?.length ? `gets it, by ${way.by.join(' or ')}` : 'gets it always'}</StatusIndicator>;
}
