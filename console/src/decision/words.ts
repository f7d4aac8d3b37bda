// What the server tells of decisions.

export interface Given {
  name: string;
  value?: unknown;
  from: string;
}

export interface Rule {
  name: string;
  held: boolean;
  why?: string;
}

export interface Action {
  name: string;
  effect: string;
  policy: string;
  scope: string;
  rules: Rule[] | null;
  steps: { path: string; outcome: string[] }[] | null;
}

export interface Explanation {
  principal: { id: string; roles: Given[] | null; attr: Given[] | null };
  resources: { kind: string; id: string; derivedRoles: string[] | null; validationErrors?: string[]; actions: Action[] }[];
}

export interface Preview {
  denied?: boolean;
  refused?: string;
  sources: { source: string; outcome: string; age_ms: number; found: boolean; error?: string }[];
  fields: { field: string; value: unknown; source: string; outcome: string; age_ms: number; secret?: boolean }[];
}

export interface Question {
  principal: string;
  roles: string;
  kind: string;
  id: string;
  attr: string;
  actions: string;
}

/** Words with commas or spaces between them. */
export function words(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** The question as a CheckResources request. Attributes that are no JSON object are an error. */
export function request(q: Question) {
  let attr: unknown = {};
  if (q.attr.trim()) attr = JSON.parse(q.attr);
  if (typeof attr !== 'object' || attr === null || Array.isArray(attr)) throw new Error('The attributes are no JSON object.');
  const roles = words(q.roles);
  return {
    principal: { id: q.principal.trim(), ...(roles.length ? { roles } : {}) },
    resources: [{ actions: words(q.actions), resource: { kind: q.kind.trim(), id: q.id.trim(), attr } }],
  };
}

const outcomes: Record<string, string> = {
  miss: 'asked for now', hit: 'remembered', stale: 'remembered, and asked for anew', negative: 'nobody of that id', error: 'failed', open: 'left alone for a while',
};

export function outcome(word: string): string {
  return outcomes[word] ?? word;
}

export function age(ms: number): string {
  if (ms < 1) return 'under 1 ms old';
  if (ms < 1000) return `${ms} ms old`;
  return `${Math.round(ms / 100) / 10} s old`;
}
