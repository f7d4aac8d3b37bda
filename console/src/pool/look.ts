// What the overview of a pool shows, asked for at once.
import {
  DescribeUserPoolClientCommand, DescribeUserPoolCommand, GetUserPoolMfaConfigCommand, ListIdentityProvidersCommand, ListUserPoolClientsCommand,
  type UserPoolClientDescription, type UserPoolClientType, type UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider';
import { every } from '../every';
import { userPools } from '../aws';
import { groupsIn } from '../page/user/groups';

export interface Seen {
  pool: UserPoolType;
  clients: UserPoolClientDescription[];
  /** The first of them, with all their settings. */
  settings: UserPoolClientType[];
  groups: number;
  providers: number;
  factors: string[];
}

const looked = 20;

export async function clientsOf(pool: string): Promise<UserPoolClientDescription[]> {
  return every<UserPoolClientDescription>(async (next) => {
    const answer = await userPools().send(new ListUserPoolClientsCommand({ UserPoolId: pool, MaxResults: 60, NextToken: next }));
    return [answer.UserPoolClients, answer.NextToken];
  });
}

export async function look(id: string): Promise<Seen> {
  const here = { UserPoolId: id };
  const [pool, clients, groups, providers, mfa] = await Promise.all([
    userPools().send(new DescribeUserPoolCommand(here)),
    clientsOf(id),
    groupsIn(id),
    userPools().send(new ListIdentityProvidersCommand({ ...here, MaxResults: 60 })),
    userPools().send(new GetUserPoolMfaConfigCommand(here)),
  ]);
  const settings = await Promise.all(
    clients.slice(0, looked).map(async (c) => (await userPools().send(new DescribeUserPoolClientCommand({ ...here, ClientId: c.ClientId }))).UserPoolClient ?? {}),
  );
  const factors = [
    ...(mfa.SoftwareTokenMfaConfiguration?.Enabled ? ['authenticator app'] : []),
    ...(mfa.SmsMfaConfiguration ? ['text message'] : []),
    ...(mfa.EmailMfaConfiguration ? ['email'] : []),
    ...(mfa.WebAuthnConfiguration ? ['passkey'] : []),
  ];
  return { pool: pool.UserPool ?? {}, clients, settings, groups: groups.length, providers: providers.Providers?.length ?? 0, factors: mfa.MfaConfiguration === 'OFF' ? [] : factors };
}
