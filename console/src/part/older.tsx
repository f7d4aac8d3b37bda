import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';

/** Goes on where a list of what has happened ends. */
export function Older({ more, loading, load }: { more: string | undefined; loading: boolean; load: (after: string) => void }) {
  if (!more) return null;
  return <Box textAlign="center" padding="m"><Button loading={loading} onClick={() => load(more)}>Show older ones</Button></Box>;
}
