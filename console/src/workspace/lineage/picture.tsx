// The picture of a lineage: from the left to the right what providers say, what is known of a person, what tokens say, and what one
// client gets of it. One stop for the Tab key: arrows move along the columns and the lines.
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { columns, lacks, mark, nameOf, story, through, tokenName, type Edge, type Net, type Node, type Way } from './graph';
import { sourceName } from '../words';
import './lineage.css';

const row = 42; // as --row

export function Picture({ g, shown, held, hold, actions }: { g: Net; shown: Way[]; held: string; hold: (id: string) => void; actions: (n: Node) => ReactNode }) {
  const drawn = useMemo(() => columns(g, shown), [g, shown]);
  const [hot, setHot] = useState('');
  const [stop, setStop] = useState('');
  const here = useRef<HTMLDivElement>(null);
  const lists = useMemo(
    () => [drawn.connections.flatMap((c) => [c.node, ...c.attributes]), drawn.contexts, drawn.claims, g.client ? [g.client] : []],
    [drawn, g],
  );
  const all = lists.flat();
  const looked = g.by.get(hot || held);
  const lit = useMemo(() => (looked ? through(g, drawn.edges, looked.id) : undefined), [g, drawn, looked]);
  const tab = all.find((n) => n.id === stop) ?? all[0];
  const places = useMemo(() => rows(drawn, g.client), [drawn, g]);
  const height = Math.max(lists[0]?.length ?? 0, drawn.contexts.length + 1, drawn.claims.length + 1) * row;

  useEffect(() => {
    setHot(''); // what was pointed at may be gone
  }, [drawn]);

  function move(e: KeyboardEvent, n: Node) {
    const x = lists.findIndex((l) => l.includes(n));
    const list = lists[x] ?? [];
    const y = list.indexOf(n);
    const beside = (way: 'from' | 'to') => {
      const far = way === 'to' ? 'from' : 'to';
      const edge = drawn.edges.find((d) => d[far] === n.id);
      const next = lists[x + (way === 'to' ? 1 : -1)] ?? [];
      return (edge && g.by.get(edge[way])) ?? next[Math.min(y, next.length - 1)];
    };
    const to = { ArrowUp: list[y - 1], ArrowDown: list[y + 1], Home: list[0], End: list[list.length - 1] }[e.key] ?? (e.key === 'ArrowRight' ? beside('to') : e.key === 'ArrowLeft' ? beside('from') : undefined);
    if (e.key === 'Escape') hold('');
    else if (!to) return;
    else here.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(to.id)}"]`)?.focus();
    e.preventDefault();
  }

  const draw = (n: Node, small: ReactNode, head = false) => {
    const lack = mark(g, n);
    return (
      <button
        type="button"
        data-node={n.id}
        className={['node', head && 'head', lack && 'lacking', lit?.nodes.has(n.id) && 'lit'].filter(Boolean).join(' ')}
        aria-pressed={held === n.id}
        aria-label={`${nameOf(n)}, ${kinds[n.kind]}. ${story(g, n)}`}
        title={n.label === nameOf(n) ? (short(n) === nameOf(n) ? undefined : nameOf(n)) : `${n.label}: ${nameOf(n)}`}
        tabIndex={n === tab ? 0 : -1}
        onPointerEnter={(e) => e.pointerType === 'mouse' && setHot(n.id)}
        onPointerLeave={() => setHot('')}
        onFocus={(e) => {
          setStop(n.id);
          if (e.target.matches(':focus-visible')) setHot(n.id);
        }}
        onBlur={() => setHot('')}
        onClick={() => hold(held === n.id ? '' : n.id)}
        onKeyDown={(e) => move(e, n)}
      >
        <b>{short(n)}</b>
        <small>{lack ? <span className="lack">⚠ {lack}</span> : small}</small>
      </button>
    );
  };
  return (
    <div className="lineage" ref={here}>
      <div className="lineage-heads" aria-hidden="true">
        {['What providers say', 'Authentication context', 'Claims', 'The client gets'].map((t, i) => (i < 3 || g.client) && <div key={t} className="lineage-head">{t}</div>)}
      </div>
      <div className={`lineage-grid${lit ? ' looking' : ''}`} role="group" aria-label="Data lineage, as a picture. Arrow keys move, Enter holds.">
        <ul aria-label="What providers say">
          {drawn.connections.flatMap((c) => [
            <li key={c.node.id}>{draw(c.node, '', true)}</li>,
            ...c.attributes.map((n) => <li key={n.id}>{draw(n, n.kind === 'static' ? 'a fixed value' : `${sourceName(n.source)} · ${n.type}`)}</li>),
          ])}
        </ul>
        <Lines edges={drawn.edges} kind="mapping" places={places} height={height} g={g} lit={lit?.edges} />
        <ul className="below" aria-label="Authentication context">
          {drawn.contexts.map((n) => <li key={n.id}>{draw(n, n.type)}</li>)}
        </ul>
        <Lines edges={drawn.edges} kind="claim" places={places} height={height} g={g} lit={lit?.edges} />
        <ul className="below" aria-label="Claims">
          {drawn.claims.map((n) => <li key={n.id}>{draw(n, n.fixed ? `${tokenName(n.type)} · of the client` : tokenName(n.type) + (n.opaque ? ' · opaque' : ''))}</li>)}
        </ul>
        {g.client && (
          <>
            <Lines edges={drawn.edges} kind="scope" places={places} height={height} g={g} lit={lit?.edges} />
            <div className="lineage-client">
              {draw(g.client, '', true)}
              <ul aria-label={`What ${g.client.label} gets`}>
                {drawn.claims.map((n) => <Port key={n.id} claim={n} edge={drawn.edges.find((e) => e.from === n.id && e.to === g.client?.id)} lit={Boolean(lit?.nodes.has(n.id))} />)}
              </ul>
            </div>
          </>
        )}
      </div>
      <div className="lineage-said">
        <p aria-live="polite">{looked ? story(g, looked) : 'Point at something to see its way, or press it to hold it. ⚠ is where a way ends, or begins, in nothing.'}</p>
        {looked && looked.id === held && actions(looked)}
      </div>
    </div>
  );
}

/** A name that is an address ends in what tells it from others. */
function short(n: Node): string {
  const name = nameOf(n);
  const at = name.lastIndexOf('/');
  return n.kind === 'attribute' && at > 0 ? `…${name.slice(at)}` : name;
}

const kinds: Record<Node['kind'], string> = {
  idp: 'a connection', attribute: 'an attribute of a provider', static: 'a fixed value', authn_context: 'in the authentication context', claim: 'a claim', client: 'the client',
};

function Port({ claim, edge, lit }: { claim: Node; edge: Edge | undefined; lit: boolean }) {
  return (
    <li className={lit ? 'port lit' : 'port'}>
      <span>{edge ? (edge.scopes?.length ? `by ${edge.scopes.join(' or ')}` : 'always') : <span className="lack">⚠ {lacks(claim)}</span>}</span>
    </li>
  );
}

/** In which row each node stands, from 0. */
function rows(drawn: ReturnType<typeof columns>, client: Node | undefined): Map<string, number> {
  const out = new Map<string, number>();
  drawn.connections.flatMap((c) => [c.node, ...c.attributes]).forEach((n, i) => out.set(n.id, i));
  drawn.contexts.forEach((n, i) => out.set(n.id, i + 1));
  drawn.claims.forEach((n, i) => out.set(n.id, i + 1));
  if (client) out.set(client.id, 0);
  return out;
}

/** The lines between two columns. They are stretched to the room that there is, their strokes are not. */
function Lines({ edges, kind, places, height, g, lit }: { edges: Edge[]; kind: Edge['kind']; places: Map<string, number>; height: number; g: Net; lit: Set<Edge> | undefined }) {
  const mine = edges.filter((e) => e.kind === kind);
  return (
    <svg viewBox={`0 0 100 ${height}`} height={height} preserveAspectRatio="none" aria-hidden="true" focusable="false" className={mine.length > 60 ? 'many' : undefined}>
      {[...mine.filter((e) => !lit?.has(e)), ...mine.filter((e) => lit?.has(e))].map((e) => {
        const from = ((places.get(e.from) ?? 0) + 0.5) * row;
        const to = kind === 'scope' ? from : ((places.get(e.to) ?? 0) + 0.5) * row;
        return <path key={`${e.from} ${e.to} ${e.path}`} d={`M0,${from}C50,${from} 50,${to} 100,${to}`} className={[lit?.has(e) && 'lit', (kind === 'mapping' || (kind === 'claim' && g.client)) && !g.outs.has(e.to) && 'dead'].filter(Boolean).join(' ')} />;
      })}
    </svg>
  );
}
