// The same as a command of curl, which signs as the console does.
import { adminPath, type AdminRequest } from './admin';
import { filter, type Edit } from './edit';

/** A request to the administration of workspaces as it is shown. */
export interface AdminCall extends AdminRequest {
  /** Instead of a body: what is to be changed of what is there. */
  edits?: Edit[];
}

/** What must not be shown, nor end up in a shell's history. */
const secrets = ['client_secret', 'private_key', 'secret'];

export const adminFunction = `admin() { curl -sS --fail-with-body --aws-sigv4 aws:amz:REGION:cognate --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"; }`;

/** Commands that follow one another, with what they share before them. */
export function commands(calls: AdminCall[], tenant: string, region: string): string {
  return [adminFunction.replace('REGION', region), ...calls.map((c) => curl(c, tenant))].join('\n');
}

function curl(c: AdminCall, tenant: string): string {
  const search = new URLSearchParams(Object.entries(c.query ?? {}).filter(([, v]) => v !== '')).toString();
  const url = quote(location.origin + adminPath(tenant, c) + (search ? '?' + search : ''));
  const method = c.method ?? (c.body === undefined ? 'GET' : 'POST');
  const way = method === (c.body === undefined ? 'GET' : 'POST') ? '' : `-X ${method} `;
  const hidden = new Set<string>();
  if (c.edits) {
    const edits = quote(filter(c.edits, (v) => masked(v, hidden)));
    return `admin ${url} |\n  jq ${given(hidden)}${edits} |\n  admin -X PUT ${url} -d @-`;
  }
  if (c.body === undefined) return `admin ${way}${url}`;
  const text = quote(masked(c.body, hidden, 2));
  return hidden.size === 0 ? `admin ${way}${url} -d ${text}` : `jq -n ${given(hidden)}${text} |\n  admin ${way}${url} -d @-`;
}

/** JSON in which secrets are variables of jq. */
function masked(value: unknown, hidden: Set<string>, indent?: number): string {
  const text = JSON.stringify(value, (name, v: unknown) => {
    if (!secrets.includes(name) || typeof v !== 'string' || v === '') return v;
    hidden.add(name);
    return `\u0000${name}`;
  }, indent);
  return text.replace(/"\\u0000(\w+)"/g, '$$$1');
}

/** The variables, taken from those of the shell. */
function given(hidden: Set<string>): string {
  return [...hidden].map((name) => `--arg ${name} "$${name.toUpperCase()}" `).join('');
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
