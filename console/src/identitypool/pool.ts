// What identity pools are made of, and how they are changed: UpdateIdentityPool and SetIdentityPoolRoles replace everything, so a change is
// made to what the server has at that moment.
import {
  DescribeIdentityPoolCommand, GetIdentityPoolRolesCommand, SetIdentityPoolRolesCommand, UpdateIdentityPoolCommand, type IdentityPool, type RoleMapping,
} from '@aws-sdk/client-cognito-identity';
import { identityPools } from '../aws';
import { changed, type Edit } from '../edit';
import type { AwsCall } from '../part/dialog';

export interface Roles {
  Roles: Record<string, string>;
  RoleMappings: Record<string, RoleMapping>;
}

export interface Whole {
  pool: IdentityPool;
  roles: Roles;
}

export async function describe(id: string): Promise<IdentityPool> {
  const { $metadata: _, ...pool } = await identityPools().send(new DescribeIdentityPoolCommand({ IdentityPoolId: id }));
  return pool;
}

export async function rolesOf(id: string): Promise<Roles> {
  const answer = await identityPools().send(new GetIdentityPoolRolesCommand({ IdentityPoolId: id }));
  return { Roles: answer.Roles ?? {}, RoleMappings: answer.RoleMappings ?? {} };
}

export async function whole(id: string): Promise<Whole> {
  const [pool, roles] = await Promise.all([describe(id), rolesOf(id)]);
  return { pool, roles };
}

/** A change: what makes it, and the calls that do the same. */
export interface Change {
  make: () => Promise<unknown>;
  calls: AwsCall[];
}

/** Changes settings of a pool. */
export function settings(pool: IdentityPool, edits: Edit[]): Change {
  const input = (p: IdentityPool) => bare(changed(p, edits));
  return {
    make: async () => identityPools().send(new UpdateIdentityPoolCommand(input(await describe(pool.IdentityPoolId ?? '')))),
    calls: [{ service: 'cognito-identity', operation: 'UpdateIdentityPool', input: input(pool) }],
  };
}

/** Changes roles and role mappings of a pool. */
export function mappings(id: string, roles: Roles, edits: Edit[]): Change {
  const input = (r: Roles) => ({ IdentityPoolId: id, ...changed(r, edits) });
  return {
    make: async () => identityPools().send(new SetIdentityPoolRolesCommand(input(await rolesOf(id)))),
    calls: [{ service: 'cognito-identity', operation: 'SetIdentityPoolRoles', input: input(roles) }],
  };
}

/** Without the lists that are empty: the API has none such. */
function bare(p: IdentityPool): IdentityPool {
  return Object.fromEntries(Object.entries(p).filter(([, v]) => v !== undefined && (typeof v !== 'object' || v === null || Object.keys(v).length > 0))) as unknown as IdentityPool;
}

/** What others call the public providers. */
export const publicProviders: Record<string, string> = {
  'accounts.google.com': 'Google', 'appleid.apple.com': 'Apple', 'graph.facebook.com': 'Facebook', 'www.amazon.com': 'Login with Amazon',
};

export interface Provider {
  kind: 'user pool' | 'OpenID Connect' | 'SAML' | 'public' | 'developer';
  /** What a Logins map calls it, and principal tags go by. */
  login: string;
  /** What role mappings may call it; the first one is taken where there is none yet. */
  names: string[];
  /** For people. */
  text: string;
  /** Which of its tokens count. */
  about: string;
  /** The app client of a user pool. */
  client?: string;
  check?: boolean;
}

/** The providers of a pool, in the order of the API. */
export function providers(p: IdentityPool): Provider[] {
  return [
    ...(p.CognitoIdentityProviders ?? []).map((c): Provider => ({
      kind: 'user pool', login: c.ProviderName ?? '', names: [`${c.ProviderName}:${c.ClientId}`], text: userPoolOf(c.ProviderName ?? ''), about: `tokens for the app client ${c.ClientId}`,
      client: c.ClientId ?? '', check: c.ServerSideTokenCheck ?? false,
    })),
    ...(p.OpenIdConnectProviderARNs ?? []).map((arn): Provider => {
      const host = arn.split(':oidc-provider/')[1] ?? arn;
      return { kind: 'OpenID Connect', login: arn, names: [arn, host], text: host, about: 'the clients that the configuration names' };
    }),
    ...(p.SamlProviderARNs ?? []).map((arn): Provider => ({ kind: 'SAML', login: arn, names: [arn], text: arn.split(':saml-provider/')[1] ?? arn, about: 'the audience that the configuration names' })),
    ...Object.entries(p.SupportedLoginProviders ?? {}).map(([name, ids]): Provider => ({ kind: 'public', login: name, names: [name], text: publicProviders[name] ?? name, about: `tokens for ${ids.split(';').join(', ')}` })),
    ...(p.DeveloperProviderName ? [{ kind: 'developer' as const, login: p.DeveloperProviderName, names: [p.DeveloperProviderName], text: p.DeveloperProviderName, about: 'users whom your own backend vouches for' }] : []),
  ];
}

/** The name by which a pool's role mappings know a provider. */
export function keyOf(p: Provider, roles: Roles): string {
  return p.names.find((n) => roles.RoleMappings[n]) ?? p.names[0] ?? '';
}

/** The user pool of cognito-idp.REGION.amazonaws.com/POOL. */
export function userPoolOf(provider: string): string {
  return provider.split('/')[1] ?? provider;
}

/** What identity pools call a user pool. */
export function providerOf(userPool: string): string {
  return `cognito-idp.${userPool.split('_')[0]}.amazonaws.com/${userPool}`;
}

export const matches = { Equals: 'is', NotEqual: 'is not', Contains: 'contains', StartsWith: 'starts with' } as const;

/** A role by what its ARN ends in. */
export function roleName(arn: string | undefined): string {
  return arn?.split(':role/')[1] ?? arn ?? '';
}
