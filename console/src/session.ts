// Who is signed in: an access key, kept in memory, and in this tab's session storage if that was asked for.
import { useSyncExternalStore } from 'react';

export interface Session {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

/** How long nobody may press a key or click before the key is forgotten, in milliseconds, and how long before that it is said. */
export const patience = 30 * 60_000;
export const notice = 2 * 60_000;

const place = 'cognate.session';
const lastUse = 'cognate.used';
let used = Date.now();
let current: Session | null = remembered();
if (current) used = Number(sessionStorage.getItem(lastUse));
let why = '';
const watchers = new Set<() => void>();

function remembered(): Session | null {
  try {
    // A tab that comes back after a night is not taken for one that was only reloaded.
    if (Date.now() - Number(sessionStorage.getItem(lastUse)) >= patience) sessionStorage.removeItem(place);
    const kept: unknown = JSON.parse(sessionStorage.getItem(place) ?? 'null');
    return kept && typeof kept === 'object' && 'secretAccessKey' in kept ? (kept as Session) : null;
  } catch {
    return null;
  }
}

function tell() {
  for (const w of watchers) w();
}

export function session(): Session | null {
  return current;
}

export function enter(s: Session, keep: boolean) {
  current = s;
  why = '';
  if (keep) sessionStorage.setItem(place, JSON.stringify(s));
  use();
  tell();
}

/** Somebody is there: the time begins anew. */
export function use() {
  used = Date.now();
  if (sessionStorage.getItem(place) !== null) sessionStorage.setItem(lastUse, String(used));
}

/** How long the key is still kept if nobody does anything, in milliseconds. */
export function left(): number {
  return used + patience - Date.now();
}

/** Forgets the key. The reason, if there is one, is shown on the sign-in page. */
export function leave(reason = '') {
  current = null;
  why = reason;
  sessionStorage.removeItem(place);
  sessionStorage.removeItem(lastUse);
  tell();
}

export function useSession(): { session: Session | null; reason: string } {
  const s = useSyncExternalStore(
    (w) => {
      watchers.add(w);
      return () => watchers.delete(w);
    },
    () => current,
  );
  return { session: s, reason: why };
}
