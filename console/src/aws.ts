// The clients of AWS's APIs: the SDK, signed with the key of the session, at the server that the page came from.
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { VerifiedPermissionsClient } from '@aws-sdk/client-verifiedpermissions';
import { session, type Session } from './session';
import { signed } from './signed';

function settings(s: Session) {
  return {
    endpoint: location.origin,
    region: s.region,
    credentials: { accessKeyId: s.accessKeyId, secretAccessKey: s.secretAccessKey },
    maxAttempts: 2,
  };
}

export function must(): Session {
  const s = session();
  if (!s) throw new Error('Nobody is signed in.');
  return s;
}

/** One client a session: a new key makes a new one. */
function perSession<T>(make: (s: Session) => T): () => T {
  let of: Session | null = null;
  let made: T | undefined;
  return () => {
    const s = must();
    if (of !== s || made === undefined) [of, made] = [s, make(s)];
    return made;
  };
}

export const userPools = perSession((s) => new CognitoIdentityProviderClient(settings(s)));
export const identityPools = perSession((s) => new CognitoIdentityClient(settings(s)));
export const permissions = perSession((s) => new VerifiedPermissionsClient(settings(s)));

/** A client for a key that nobody has signed in with yet. */
export function trying(s: Session) {
  return new CognitoIdentityProviderClient(settings(s));
}

/** What the house tells before anybody has signed in. */
export interface Door {
  mode: 'dev' | 'serve';
  region: string;
}

export interface About {
  version: string;
  account: string;
  issuer: string;
  mailbox: string;
  policies: string;
  /** The first segment of the paths of workspaces. */
  tenant?: string;
  email: boolean;
  sms: boolean;
}

export async function door(): Promise<Door> {
  const answer = await fetch('/console/api/door');
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return (await answer.json()) as Door;
}

/** An answer of the house that is no success. */
export class Refused extends Error {
  $metadata: { httpStatusCode: number };
  constructor(status: number, text: string) {
    super(text);
    this.name = `HTTP ${status}`;
    this.$metadata = { httpStatusCode: status };
  }
}

/** Asks what AWS has no word for, below /console/api/. */
export async function house<T>(path: string, query: Record<string, string> = {}, body?: unknown): Promise<T> {
  const answer = await signed(must(), { method: body === undefined ? 'GET' : 'POST', path: '/console/api/' + path, query, body });
  if (!answer.ok) throw new Refused(answer.status, (answer.said as { message?: string } | undefined)?.message || answer.text || answer.statusText);
  return answer.said as T;
}

/** What the server says of itself, asked for once a session. */
export const about = perSession(() => house<About>('about'));
