// Whether the page is as narrow as on a telephone.
import { useSyncExternalStore } from 'react';

const query = matchMedia('(max-width: 688px)'); // where Cloudscape's own layout becomes that of a telephone

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (w) => {
      query.addEventListener('change', w);
      return () => query.removeEventListener('change', w);
    },
    () => query.matches,
  );
}
