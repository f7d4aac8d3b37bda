// Clients of a workspace, as its administration has them.
import { admin } from '../../admin';

export interface WorkspaceClient {
  client_id: string;
  authorization_server_id: string;
  client_name: string;
  client_secret?: string;
  redirect_uris?: string[];
  grant_types?: string[];
  scopes?: string[];
  token_endpoint_auth_method?: string;
  trusted?: boolean;
  description?: string;
  client_uri?: string;
  logo_uri?: string;
  policy_uri?: string;
  tos_uri?: string;
}

export async function clientsOf(workspace: string): Promise<WorkspaceClient[]> {
  return (await admin<{ clients: WorkspaceClient[] }>({ path: ['servers', workspace, 'clients'] })).clients;
}

/** What a client is, in words. */
export function kindOf(c: WorkspaceClient): string {
  if (c.grant_types?.includes('client_credentials')) return 'a machine';
  return c.token_endpoint_auth_method === 'none' ? 'in a browser or on a phone' : 'on a server';
}
