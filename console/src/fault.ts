// Errors as the server wrote them.
import { leave } from './session';

/** What a call was answered with when it failed: the error's name and text, unchanged. */
export interface Fault {
  name: string;
  text: string;
  /** Which members of the request are wrong, and why, where the server tells them apart. */
  fields?: { path: string; text: string }[];
}

const strangers = [
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'MissingAuthenticationTokenException',
  'ExpiredTokenException',
];

export function faultOf(e: unknown): Fault {
  if (e instanceof Error) {
    if (e.name === 'TypeError' && /fetch/i.test(e.message)) return { name: 'The server does not answer', text: e.message };
    const list = (e as { fieldList?: { path?: string; message?: string }[] }).fieldList;
    return { name: e.name, text: e.message, ...(list?.length ? { fields: list.map((f) => ({ path: f.path ?? '', text: f.message ?? '' })) } : {}) };
  }
  return { name: 'Error', text: String(e) };
}

/** Says whether the server does not know who asks: then only signing in again helps. */
export function isStranger(e: unknown): boolean {
  if (!(e instanceof Error)) return false;
  const status = (e as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return strangers.includes(e.name) || status === 403 || e.name === '401 unauthorized'; // the last is that of the administration of workspaces
}

/** Passes an error on, and leads back to the sign-in when it is about who asks. */
export function mind(e: unknown): Fault {
  const f = faultOf(e);
  if (isStranger(e)) leave(`${f.name}: ${f.text}`);
  return f;
}
