// The way from what providers say to what a client gets, as the server tells it: read, cut, and followed. No page in it.
import { sourceName } from '../words';

export interface Node {
  id: string;
  kind: 'idp' | 'attribute' | 'static' | 'authn_context' | 'claim' | 'client';
  label: string;
  /** The connection of an attribute. */
  of?: string;
  type?: string;
  source?: string;
  opaque?: boolean;
  /** Of a claim: any of them lets it through; none: it always goes. */
  scopes?: string[];
  /** A claim that is of the client, and of nobody's context. */
  fixed?: boolean;
}

export interface Edge {
  from: string;
  to: string;
  kind: 'mapping' | 'claim' | 'scope';
  path?: string;
  weak?: boolean;
  scopes?: string[];
}

export interface Graph {
  nodes: Node[];
  edges: Edge[];
}

/** What somebody calls a node: the name that settings have for it. */
export function nameOf(n: Node): string {
  if (n.kind === 'attribute') return n.id.slice(`${n.of}:${n.source}:`.length);
  if (n.kind === 'authn_context') return n.id.slice('ctx:'.length);
  return n.label;
}

export function tokenName(type: string | undefined): string {
  return type === 'access_token' ? 'access token' : 'ID token';
}

/** A graph with its edges to hand. */
export interface Net extends Graph {
  by: Map<string, Node>;
  outs: Map<string, Edge[]>;
  ins: Map<string, Edge[]>;
  client: Node | undefined;
}

function group(edges: Edge[], of: (e: Edge) => string): Map<string, Edge[]> {
  const out = new Map<string, Edge[]>();
  for (const e of edges) out.set(of(e), [...(out.get(of(e)) ?? []), e]);
  return out;
}

/** The graph, of one connection only where that is given: what another writes does not count then. */
export function net(graph: Graph, connection = ''): Net {
  const nodes = graph.nodes.filter((n) => !connection || (n.kind === 'idp' ? n.id === connection : !n.of || n.of === connection));
  const by = new Map(nodes.map((n) => [n.id, n]));
  const edges = graph.edges.filter((e) => by.has(e.from) && by.has(e.to));
  return { nodes, edges, by, outs: group(edges, (e) => e.from), ins: group(edges, (e) => e.to), client: nodes.find((n) => n.kind === 'client') };
}

/** One way through: from an attribute as far as it goes. Parts are missing where it begins late or ends early. */
export interface Way {
  attribute?: Node;
  context?: Node;
  claim?: Node;
  /** The scopes that let it through; none: it always goes. Undefined: it does not arrive. */
  by?: string[];
  /** Why it does not arrive; empty: it does. */
  ends: string;
}

export function ways(g: Net): Way[] {
  const out: Way[] = [];
  const claims = (context: Node, attribute?: Node) => {
    const edges = g.outs.get(context.id) ?? [];
    if (edges.length === 0) out.push({ attribute, context, ends: attribute ? `no claim takes ${nameOf(context)}` : 'nothing writes it, and no claim takes it' });
    for (const e of edges) {
      const claim = g.by.get(e.to);
      if (claim) out.push({ attribute, context, claim, ...arrival(g, claim, attribute ? '' : 'no mapping writes it') });
    }
  };
  for (const n of g.nodes) {
    if (n.kind === 'attribute' || n.kind === 'static') {
      const edges = g.outs.get(n.id) ?? [];
      if (edges.length === 0) out.push({ attribute: n, ends: 'no mapping takes it' });
      for (const e of edges) {
        const context = g.by.get(e.to);
        if (context) claims(context, n);
      }
    }
    if (n.kind === 'authn_context' && !g.ins.has(n.id)) claims(n);
    if (n.kind === 'claim' && !g.ins.has(n.id)) out.push({ claim: n, ...arrival(g, n, n.fixed ? '' : 'its attribute is not in the context') });
  }
  return out;
}

function arrival(g: Net, claim: Node, broken: string): { by?: string[]; ends: string } {
  const through = (g.outs.get(claim.id) ?? []).find((e) => e.to === g.client?.id);
  if (broken) return { ends: broken };
  if (through) return { by: through.scopes ?? [], ends: '' };
  return { ends: g.client ? lacks(claim) : '' };
}

/** What a client would need to get a claim. */
export function lacks(claim: Node): string {
  return `needs the scope ${(claim.scopes ?? []).join(' or ')}`;
}

/** What is missing at a node itself, in words; empty: nothing. */
export function mark(g: Net, n: Node): string {
  const [fed, taken] = [g.ins.has(n.id), g.outs.has(n.id)];
  switch (n.kind) {
    case 'attribute':
    case 'static':
      return taken ? '' : 'not mapped';
    case 'authn_context':
      if (!fed && !taken) return 'not used';
      return fed ? (taken ? '' : 'no claim') : 'nothing writes it';
    case 'claim':
      return fed || n.fixed ? '' : 'no such attribute';
  }
  return '';
}

/** Which ways somebody wants to see. */
export interface Wanted {
  text: string;
  /** Only those that do not arrive. */
  dead: boolean;
}

export function choose(all: Way[], { text, dead }: Wanted): Way[] {
  const word = text.trim().toLowerCase();
  return all.filter((w) => {
    if (dead && !w.ends) return false;
    return !word || [w.attribute, w.context, w.claim].some((n) => n && `${nameOf(n)}\n${n.label}`.toLowerCase().includes(word));
  });
}

/** What is drawn: three columns, each in the order in which lines cross least. */
export interface Columns {
  connections: { node: Node; attributes: Node[] }[];
  contexts: Node[];
  claims: Node[];
  edges: Edge[];
}

export function columns(g: Net, shown: Way[]): Columns {
  const kept = new Set(shown.flatMap((w) => [w.attribute?.id, w.context?.id, w.claim?.id]));
  const edges = g.edges.filter((e) => kept.has(e.from) && (kept.has(e.to) || e.to === g.client?.id));
  const contexts = g.nodes.filter((n) => n.kind === 'authn_context' && kept.has(n.id));
  const row = new Map(contexts.map((n, i) => [n.id, i]));
  const at = (list: Edge[] | undefined, end: 'from' | 'to') => Math.min(Infinity, ...(list ?? []).map((e) => row.get(e[end]) ?? Infinity));
  const sorted = (list: Node[], place: (n: Node) => number) => list.map((n, i) => ({ n, i, p: place(n) })).sort((a, b) => (a.p === b.p ? a.i - b.i : a.p - b.p)).map((x) => x.n);
  const attributes = sorted(g.nodes.filter((n) => (n.kind === 'attribute' || n.kind === 'static') && kept.has(n.id)), (n) => at(g.outs.get(n.id), 'to'));
  return {
    connections: g.nodes
      .filter((n) => n.kind === 'idp')
      .map((node) => ({ node, attributes: attributes.filter((a) => a.of === node.id) }))
      .filter((c) => c.attributes.length > 0),
    contexts,
    claims: sorted(g.nodes.filter((n) => n.kind === 'claim' && kept.has(n.id)), (n) => at(g.ins.get(n.id), 'from')),
    edges,
  };
}

/** The nodes and edges that a node's ways go through: what it comes from and what becomes of it, not what is beside it. */
export function through(g: Net, drawn: Edge[], id: string): { nodes: Set<string>; edges: Set<Edge> } {
  const nodes = new Set([id]);
  const edges = new Set<Edge>();
  const starts = g.by.get(id)?.kind === 'idp' ? g.nodes.filter((n) => n.of === id).map((n) => n.id) : [id];
  for (const s of starts) nodes.add(s);
  const walk = (from: string[], near: 'from' | 'to', far: 'from' | 'to') => {
    const queue = [...from];
    const seen = new Set(queue);
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      for (const e of drawn) {
        if (e[near] !== at) continue;
        edges.add(e);
        nodes.add(e[far]);
        if (!seen.has(e[far])) queue.push(e[far]);
        seen.add(e[far]);
      }
    }
  };
  walk(starts, 'from', 'to');
  walk([id], 'to', 'from');
  for (const n of nodes) {
    const of = g.by.get(n)?.of;
    if (of) nodes.add(of);
  }
  return { nodes, edges };
}

/** What is to be said of a node, in sentences: where it comes from, and where it ends. */
export function story(g: Net, n: Node): string {
  const name = (id: string) => {
    const other = g.by.get(id);
    return other ? nameOf(other) : id;
  };
  const list = (of: string[]) => (of.length < 2 ? of.join('') : `${of.slice(0, -1).join(', ')} and ${of[of.length - 1]}`);
  const outs = (g.outs.get(n.id) ?? []).map((e) => e.to);
  const ins = (g.ins.get(n.id) ?? []).map((e) => e.from);
  const writers = ins.map((id) => `${name(id)} of ${name(g.by.get(id)?.of ?? '')}`);
  switch (n.kind) {
    case 'idp':
      return `${n.label} tells ${g.nodes.filter((x) => x.of === n.id).length} attributes that are looked at.`;
    case 'attribute':
    case 'static': {
      const what = n.kind === 'static' ? `${name(n.of ?? '')} writes a fixed value` : `${nameOf(n)} comes in the ${sourceName(n.source)} of ${name(n.of ?? '')}`;
      return outs.length > 0 ? `${what}, and is mapped to ${list(outs.map(name))}.` : `${what}. No mapping takes it: it ends here.`;
    }
    case 'authn_context': {
      const from = writers.length > 0 ? `is written from ${list(writers)}` : 'is written by no mapping';
      const to = outs.length > 0 ? `goes into the ${outs.length > 1 ? 'claims' : 'claim'} ${list(outs.map((id) => `${name(id)} (${tokenName(g.by.get(id)?.type)})`))}` : 'goes into no claim: it ends here';
      return `${nameOf(n)} ${from}, and ${to}.`;
    }
    case 'claim': {
      const from = n.fixed ? 'comes from the client itself' : ins.length > 0 ? `takes ${list(ins.map(name))}` : 'takes an attribute that the context does not have';
      const opaque = n.opaque ? ' It stands in no token: it has to be asked for.' : '';
      const edge = (g.outs.get(n.id) ?? [])[0];
      const to = !g.client ? '' : edge ? ` ${g.client.label} gets it${edge.scopes?.length ? ` by the scope ${edge.scopes.join(' or ')}` : ' always'}.` : ` ${g.client.label} does not get it: it ${lacks(n)}.`;
      return `${n.label} in the ${tokenName(n.type)} ${from}.${to}${opaque}`;
    }
    case 'client':
      return `${n.label} gets ${ins.length} ${ins.length === 1 ? 'claim' : 'claims'} where its scopes are granted.`;
  }
}
