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
  /** The entity tag of what is changed: nothing is, where it is another meanwhile. */
  seen?: string;
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
  return (await tagged<T>(request)).said;
}

/** Asks, or changes, and gives the entity tag of the answer along. */
async function tagged<T>(request: AdminRequest): Promise<{ said: T; tag: string }> {
  const tenant = (await about()).tenant ?? 'default';
  const method = request.method ?? (request.body === undefined ? 'GET' : 'POST');
  const answer = await signed(must(), { method, path: adminPath(tenant, request), query: request.query, body: request.body, seen: request.seen });
  if (!answer.ok) {
    const e = answer.said as { error?: string; error_code?: string } | undefined;
    throw new AdminRefused(answer.status, e?.error_code ?? '', e?.error || answer.text || answer.statusText);
  }
  return { said: answer.said as T, tag: answer.tag };
}

/** How often a change is made to what becomes another meanwhile. */
const tries = 3;

/**
 * Changes something that is put as a whole: what the server has now, but for the edits. Nothing of what others have changed meanwhile is
 * lost; what they have changed of the very members, or list members, is an error.
 */
export async function edit<T>(path: string[], edits: Edit[]): Promise<T> {
  for (let n = 1; ; n++) {
    const { said, tag } = await tagged<T>({ path });
    try {
      return await admin<T>({ method: 'PUT', path, body: changed(said, edits), seen: tag });
    } catch (e) {
      if (!(e instanceof AdminRefused) || e.status !== 412 || n === tries) throw e;
    }
  }
}
