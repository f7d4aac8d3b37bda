// Traces of sign-ins, as the server keeps them.
import { sourceName } from '../words';

export interface Line {
  step: string;
  from?: string;
  to?: string;
  outcome: 'set' | 'absent' | 'left out';
  reason?: string;
  value?: unknown;
  cached?: boolean;
  changed?: boolean;
}

export interface Trace {
  id: string;
  idp_id: string;
  client_id: string;
  subject: string;
  /** code, or the error that the client got. */
  outcome: string;
  cached: boolean;
  at: string;
  amr?: string[];
  acr?: string;
  lines?: Line[];
  authentication_context?: Record<string, unknown>;
}

/** A stretch of the way: lines of one step that follow one another. */
export interface Stretch {
  step: string;
  title: string;
  lines: Line[];
  /** What was looked for and was not there. */
  absent: string[];
}

const titles: Record<string, string> = {
  source: 'What could not be asked', attribute: 'What the provider said', mapping: 'What was written into the context', static_amr: 'How they signed in, by the connection', user: 'What the user of the pool has of it',
  cache: 'Kept from an earlier sign-in', consent: 'Consent', custom_app: 'A custom application', script: 'A script',
};

export function stretches(lines: Line[]): Stretch[] {
  const out: Stretch[] = [];
  for (const l of lines) {
    const title = l.step === 'script' && l.from ? `The script ${l.from}` : (titles[l.step] ?? l.step);
    let last = out[out.length - 1];
    if (last?.title !== title) out.push((last = { step: l.step, title, lines: [], absent: [] }));
    if (l.outcome === 'absent') last.absent.push(nameOf(l));
    else last.lines.push(l);
  }
  return out;
}

/** The two parts of where an attribute was read: its name, and what it stood in. */
export function readFrom(from: string): [name: string, source: string] {
  const at = from.indexOf(' ');
  return [from.slice(at + 1), sourceName(from.slice(0, Math.max(0, at)))];
}

function nameOf(l: Line): string {
  if (l.step !== 'attribute') return l.from ?? l.to ?? '';
  const [name, source] = readFrom(l.from ?? '');
  return `${name} (${source})`;
}

/** What a line says, without its value. */
export function saying(l: Line): string {
  const from = l.from ?? '';
  switch (l.step) {
    case 'attribute': {
      const [name, source] = readFrom(from);
      return `${name}, in the ${source}`;
    }
    case 'source':
      return sourceName(from);
    case 'script':
      return l.to ?? from;
    case 'custom_app':
      return l.to ? `${l.to}, by ${from}` : from;
    case 'mapping':
    case 'user':
      return from === l.to ? from : `${from} → ${l.to}`;
  }
  return [from, l.to].filter(Boolean).join(' → ');
}

/** How a sign-in ended, in words. */
export function ending(t: Pick<Trace, 'outcome'>): string {
  return t.outcome === 'code' ? 'Signed in' : t.outcome;
}
