// JSON over HTTP at the server that the page came from, signed as AWS's calls are (Signature Version 4).
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Session } from './session';

export interface Sent {
  method: string;
  /** As it stands in the address: escaped. */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** The entity tag of what is changed: nothing is, where it is another meanwhile. */
  seen?: string;
  /** Whom it is signed for; without it the house, cognate. */
  service?: string;
}

export interface Heard {
  ok: boolean;
  status: number;
  statusText: string;
  /** What the body is as JSON; undefined when it is none. */
  said: unknown;
  text: string;
  /** The entity tag of what was answered with; empty when it has none. */
  tag: string;
}

export async function signed(s: Session, { method, path, query = {}, body, seen, service = 'cognate' }: Sent): Promise<Heard> {
  const signer = new SignatureV4({
    credentials: { accessKeyId: s.accessKeyId, secretAccessKey: s.secretAccessKey },
    region: s.region,
    service,
    sha256: Sha256,
  });
  const used = Object.fromEntries(Object.entries(query).filter(([, v]) => v !== ''));
  const text = body === undefined ? undefined : JSON.stringify(body);
  const request = await signer.sign({
    method,
    protocol: location.protocol,
    hostname: location.hostname,
    port: location.port ? Number(location.port) : undefined,
    path,
    query: used,
    headers: { host: location.host, ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...(seen ? { 'if-match': seen } : {}) },
    body: text,
  });
  const { host: _host, ...headers } = request.headers; // the browser writes it itself
  const search = Object.entries(used).map(([k, v]) => `${escape(k)}=${escape(v)}`).join('&');
  const answer = await fetch(path + (search ? '?' + search : ''), { method, headers, body: text });
  const raw = await answer.text();
  let said: unknown;
  try {
    said = JSON.parse(raw);
  } catch {
    said = undefined;
  }
  return { ok: answer.ok, status: answer.status, statusText: answer.statusText, said, text: raw, tag: answer.headers.get('ETag') ?? '' };
}

/** As a signature has it: everything but unreserved characters is escaped. */
export function escape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
}
