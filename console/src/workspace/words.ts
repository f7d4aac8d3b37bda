// The words of workspaces, as people read them.
import type { Attribute, Kind, Mapping, Source } from './types';

/** The piece of the address of a new connection; no connection has an id with a hyphen. */
export const creating = 'create-connection';

/** An id that goes with a name: Work at Home is work-at-home. */
export function idOf(name: string, between = '-'): string {
  const plain = name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, between).replace(/^-+|-+$/g, '').slice(0, 63);
}

export const sources: Record<Source, string> = { id_token: 'ID token', userinfo: 'User info', access_token: 'Access token', saml: 'SAML assertion' };

/** Where something stood, within a sentence. */
export function sourceName(source: string | undefined): string {
  const name = sources[source as Source] ?? source ?? '';
  return /^[A-Z]{2}/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1);
}

export const kinds: Record<Kind, string> = {
  string: 'Text', number: 'Number', bool: 'Yes or no', object: 'Object', string_array: 'List of texts', number_array: 'List of numbers', bool_array: 'List of yes or no',
  object_array: 'List of objects', any: 'Anything',
};

export const kindOptions = Object.entries(kinds).map(([value, label]) => ({ value, label, description: value }));

/** Ways of proving who one is, by their names in RFC 8176. */
export const proofs: Record<string, string> = {
  pwd: 'Password', mfa: 'Several factors', otp: 'One-time password', hwk: 'Key in hardware', swk: 'Key in software', pop: 'Proof of possession', sms: 'Text message',
  tel: 'Telephone call', pin: 'PIN or pattern', fpt: 'Fingerprint', face: 'Face', iris: 'Iris', retina: 'Retina', vbm: 'Voice', sc: 'Smart card', kba: 'Questions and answers',
  mca: 'Several channels', geo: 'Place', user: 'Presence', rba: 'Risk', wia: 'Windows',
};

/** The pieces of a path, such as address and country of address.country; a text when it is none. */
export function pieces(path: string): string[] | string {
  if (path === '') return 'It is empty.';
  const out: string[] = [];
  let name = '';
  let closed = false; // right behind a bracket
  for (let i = 0; i < path.length; i++) {
    const c = path[i] ?? '';
    if (c === '\\') {
      const next = path[++i];
      if (next === undefined || !'.[]\\'.includes(next)) return 'A backslash stands before a dot, a bracket or a backslash only.';
      name += next;
    } else if (c === '.') {
      if (name === '' && !closed) return 'There is nothing before a dot. A dot that belongs to the name has a backslash before it.';
      if (name !== '') out.push(name);
      [name, closed] = ['', false];
      if (i === path.length - 1) return 'There is nothing behind the last dot.';
    } else if (c === '[') {
      const end = path.indexOf(']', i);
      const index = path.slice(i + 1, end);
      if (end < 0 || !/^\d{1,4}$/.test(index)) return 'In brackets stands a number: the place in a list, from 0.';
      if (name !== '') out.push(name);
      out.push(`number ${index}`);
      [name, closed, i] = ['', true, end];
    } else if (c === ']' || closed) {
      return 'Behind a bracket there is a dot, another bracket or the end.';
    } else name += c;
  }
  if (name !== '') out.push(name);
  return out;
}

/** A name as a path has it: with a backslash before what would otherwise lead into an object or a list. */
export function escaped(name: string): string {
  return name.replace(/[.[\]\\]/g, (c) => '\\' + c);
}

/** How a mapping names an attribute of a connection. */
export function sourceOf(a: Attribute): string {
  return `${a.source ?? 'id_token'}.${a.name}`;
}

/** The attribute that a mapping reads, and nothing when it reads none, or more than one. */
export function readBy(m: Mapping, attributes: Attribute[]): Attribute | undefined {
  const exact = attributes.find((a) => sourceOf(a) === m.source);
  if (exact) return exact;
  const order: (Source | undefined)[] = ['id_token', 'userinfo', 'access_token', 'saml'];
  return attributes.filter((a) => a.name === m.source).sort((a, b) => order.indexOf(a.source) - order.indexOf(b.source))[0];
}

/** The mappings that read an attribute. */
export function readersOf(a: Attribute, mappings: Mapping[]): Mapping[] {
  return mappings.filter((m) => m.mode !== 'static' && (m.source === '.' || m.source === a.name || m.source === sourceOf(a)));
}

/** The mappings that find nothing any more once an attribute is gone. */
export function lonely(a: Attribute, c: { attributes: Attribute[]; mappings: Mapping[] | null }): Mapping[] {
  const shared = c.attributes.filter((o) => o.name === a.name).length > 1;
  return (c.mappings ?? []).filter((m) => m.mode !== 'static' && (m.source === sourceOf(a) || (!shared && m.source === a.name)));
}

const units: [string, number][] = [['h', 3600], ['m', 60], ['s', 1]];

/** The seconds of a duration such as 1h30m0s. */
export function secondsOf(duration: string | undefined): number {
  let sum = 0;
  for (const [, n, unit] of (duration ?? '').matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) sum += Number(n) * (unit === 'ms' ? 0.001 : (units.find(([u]) => u === unit)?.[1] ?? 0));
  return Math.round(sum);
}

/** A duration as the API has it. */
export function durationOf(seconds: number): string {
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m${seconds % 60}s`;
}

/** A duration as people say it: 1 hour, 90 minutes. */
export function spoken(duration: string | undefined): string {
  const s = secondsOf(duration);
  const [n, unit] = s % 86400 === 0 ? [s / 86400, 'day'] : s % 3600 === 0 ? [s / 3600, 'hour'] : s % 60 === 0 ? [s / 60, 'minute'] : [s, 'second'];
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}
