import { createContext, useContext } from 'react';
import type { About } from '../aws';

/** What the server says of itself; undefined until it has. */
export const AboutHere = createContext<About | undefined>(undefined);

export function useAbout() {
  return useContext(AboutHere);
}
