// Where somebody is: the part of the address behind the #, which browsers keep to themselves.
import { useSyncExternalStore } from 'react';

export interface Place {
  path: string[];
  query: URLSearchParams;
}

function read(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

/** The address of a place: its path, piece by piece, and a query. */
export function href(path: string[], query: Record<string, string> = {}): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== '')).toString();
  return '#/' + path.map(encodeURIComponent).join('/') + (search ? '?' + search : '');
}

export function go(path: string[], query: Record<string, string> = {}) {
  location.hash = href(path, query);
}

let last = { hash: '', place: read('') };

export function usePlace(): Place {
  return useSyncExternalStore(
    (w) => {
      addEventListener('hashchange', w);
      return () => removeEventListener('hashchange', w);
    },
    () => {
      if (last.hash !== location.hash) last = { hash: location.hash, place: safely(location.hash) };
      return last.place;
    },
  );
}

function safely(hash: string): Place {
  try {
    return read(hash);
  } catch {
    return read(''); // an address with half an escape in it
  }
}
