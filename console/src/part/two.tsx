import Box from '@cloudscape-design/components/box';

/** What people call something, and below it what programs do. */
export function Two({ top, below }: { top: string; below: string }) {
  return <div className="long">{top}{top !== below && <Box color="text-body-secondary" fontSize="body-s"><code>{below}</code></Box>}</div>;
}
