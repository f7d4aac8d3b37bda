// The administration of workspaces: JSON at /api/admin, /api/hub and /api/system, as docs/connections.md has it for curl.
import { about, must } from './aws';
import { changed, type Edit } from './edit';
import { escape, signed } from './signed';

export interface AdminRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  api?: 'admin' | 'hub' | 'system';
  /** Below the tenant, piece by piece: ['servers', 'work', 'idps']. */
  path: string[];
  query?: Record<string, string>;
  body?: unknown;
}

/** What the API refuses: {"status_code", "error", "error_code"}. The text is the server's own. */
export class AdminRefused extends Error {
  status: number;
  code: string;
  constructor(status: number, code: string, text: string) {
    super(text);
    this.name = `${status} ${code}`.trim();
    this.status = status;
    this.code = code;
  }
}

/** Where a request goes: its path, without the query. */
export function adminPath(tenant: string, { api = 'admin', path }: AdminRequest): string {
  return ['', 'api', api, tenant, ...path].map(escape).join('/');
}

/** Asks, or changes. Nothing comes back from what deletes. */
export async function admin<T = void>(request: AdminRequest): Promise<T> {
  const tenant = (await about()).tenant ?? 'default';
  const method = request.method ?? (request.body === undefined ? 'GET' : 'POST');
  const answer = await signed(must(), { method, path: adminPath(tenant, request), query: request.query, body: request.body });
  if (!answer.ok) {
    const e = answer.said as { error?: string; error_code?: string } | undefined;
    throw new AdminRefused(answer.status, e?.error_code ?? '', e?.error || answer.text || answer.statusText);
  }
  return answer.said as T;
}

/**
 * Changes something that is put as a whole: what the server has now, but for the edits. Nothing of what others have changed meanwhile is
 * lost, and a list member that is no longer as it was is an error.
 */
export async function edit<T>(path: string[], edits: Edit[]): Promise<T> {
  return admin<T>({ method: 'PUT', path, body: changed(await admin<T>({ path }), edits) });
}
