// Scripts of a workspace, and where they run.
import type { Point, Script } from '../types';

/** A script as the server has it, with what its editor tries it with. */
export interface Written extends Script {
  env_version: string;
  /** JSON. */
  test_input?: string;
  created_at: string;
  updated_at: string;
}

/** What came of a run: at a point, or as a test. */
export interface Run {
  output: unknown;
  stdout: string;
  stderr: string;
  caught_err: string;
  /** Where it threw, from 1. */
  line?: number;
  /** Nanoseconds. */
  duration: number;
  input?: unknown;
}

/** A run that was kept for who debugs the script. */
export interface Kept extends Run {
  at: string;
  type: string;
  trace_id?: string;
}

export interface PointType {
  type: string;
  label: string;
  description: string;
  /** What such a script is told, as something to try it with. */
  sample: object;
}

const person = { authn_ctx: { name: 'Alice', email: 'alice@example.com' }, client: { client_id: 'app', client_name: 'App' } };

export const pointTypes: PointType[] = [
  {
    type: 'post_authn_ctx', label: 'After somebody came through a connection', description: 'It may change what is known of them: authn_ctx, amr, acr, idp_sub.',
    sample: { ...person, amr: ['pwd'], acr: '', idp_sub: '123', idp_id: 'staff', request: { headers: {}, query_params: {} } },
  },
  { type: 'allowed_idp_ids', label: 'Before a page shows connections', description: 'It says which: idps_ids.', sample: { request: { query_params: { scope: ['openid'] } }, client: person.client, idps: [{ id: 'staff', name: 'Staff', method: 'cognito', hidden: false }] } },
  { type: 'token_minting', label: 'Before tokens of a person are signed', description: 'It adds claims: access_token, id_token.', sample: { ...person, scopes: ['openid'], grant: 'authorization_code', sub: '123', groups: [] } },
  { type: 'client_token_minting', label: 'Before tokens of a machine are signed', description: 'It adds claims: access_token.', sample: { client: person.client, scopes: ['org.read'], grant: 'client_credentials' } },
];

/** Where a point is, in words; connections by id. */
export function placeOf(p: Point, names: Map<string, string>): string {
  const label = pointTypes.find((t) => t.type === p.type)?.label ?? p.type;
  if (p.type !== 'post_authn_ctx') return label;
  return p.target_fk ? `After somebody came through ${names.get(p.target_fk) ?? p.target_fk}` : 'After somebody came through a connection that has no script of its own';
}

/** A change of points as the API takes it. */
export function setPoint(workspace: string, p: Pick<Point, 'type' | 'target_fk' | 'script_id' | 'on_failure'>) {
  return { method: 'PUT' as const, path: ['servers', workspace, 'script-execution-points'], body: { script_execution_points: [p] } };
}

export function milliseconds(nanoseconds: number): string {
  return `${Math.max(1, Math.round(nanoseconds / 1e6))} ms`;
}
