// What somebody should look at.
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { href } from '../route';

export interface Warning {
  text: string;
  /** It is a hole or a fault, and not only something to know. */
  grave: boolean;
  /** Where it can be changed, below the page. */
  to?: string[];
  go?: string;
}

/** Warnings of the page at a path, the grave first. */
export function Worth({ found, at }: { found: Warning[]; at: string[] }) {
  if (found.length === 0) return null;
  return (
    <Container header={<Header variant="h2" counter={`(${found.length})`}>Worth a look</Header>}>
      <ul className="worth">
        {[...found].sort((a, b) => Number(b.grave) - Number(a.grave)).map((w) => (
          <li key={w.text}>
            <StatusIndicator type={w.grave ? 'warning' : 'info'} colorOverride={w.grave ? undefined : 'grey'} wrapText>{w.text}</StatusIndicator>{' '}
            {w.to && <Link href={href([...at, ...w.to])} ariaLabel={`${w.go}: ${w.text}`}>{w.go}</Link>}
          </li>
        ))}
      </ul>
    </Container>
  );
}
