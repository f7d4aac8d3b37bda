// What every page is made of: its head, what it waits for, what went wrong, times and ids.
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ContentLayout from '@cloudscape-design/components/content-layout';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useEffect, type ReactNode } from 'react';
import type { Asked } from '../ask';
import type { Fault } from '../fault';

/** The error of an answer, in the server's own words. */
export function Failed({ fault, again }: { fault: Fault | undefined; again?: () => void }) {
  if (!fault) return null;
  return (
    <div role="alert" data-testid="fault">
      <Alert type="error" header={fault.name} action={again && <Button onClick={again}>Try again</Button>}>
        {fault.text}
        {fault.fields && <ul className="told">{fault.fields.map((f) => <li key={f.path + f.text}><code>{f.path}</code>: {f.text}</li>)}</ul>}
      </Alert>
    </div>
  );
}

export function Page(p: { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${p.title} · Cognate`;
  }, [p.title]);
  return (
    <ContentLayout header={<Header variant="h1" description={p.about} actions={p.actions}>{p.title}</Header>}>
      <SpaceBetween size="l">{p.children}</SpaceBetween>
    </ContentLayout>
  );
}

/** Shows an answer once it is there; before that, that it is waited for, or the error. */
export function Shown<T>({ of, children }: { of: Asked<T>; children: (data: T) => ReactNode }) {
  if (of.fault) return <Failed fault={of.fault} again={of.again} />;
  if (of.data === undefined) return <StatusIndicator type="loading">Asking the server</StatusIndicator>;
  return <>{children(of.data)}</>;
}

/** An empty list says what to do. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Box textAlign="center" color="inherit" padding={{ vertical: 's' }}>
      <SpaceBetween size="xs">
        <b>{title}</b>
        {children && <Box color="text-body-secondary">{children}</Box>}
        {action}
      </SpaceBetween>
    </Box>
  );
}

export function Id({ children }: { children: string }) {
  return <CopyToClipboard variant="inline" textToCopy={children} copySuccessText="Copied" copyErrorText="The browser did not let it be copied" copyButtonAriaLabel={`Copy ${children}`} />;
}

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const spans = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** How far a moment is away, in plain words. */
export function away(at: Date, from = new Date()): string {
  const seconds = Math.round((at.getTime() - from.getTime()) / 1000);
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [['second', 60], ['minute', 60], ['hour', 24], ['day', 30], ['month', 12]];
  let value = seconds;
  for (const [unit, size] of steps) {
    if (Math.abs(value) < size) return spans.format(Math.round(value), unit);
    value /= size;
  }
  return spans.format(Math.round(value), 'year');
}

export function moment(at: Date): string {
  return moments.format(at);
}

export function When({ at }: { at: Date | undefined }) {
  if (!at) return <>–</>;
  return (
    <time dateTime={at.toISOString()} title={at.toISOString()}>
      {moments.format(at)} <Box variant="span" color="text-body-secondary" fontSize="body-s">({away(at)})</Box>
    </time>
  );
}

/** Yes and no as something that can be seen. */
export function YesNo({ value, yes = 'On', no = 'Off' }: { value: boolean | undefined; yes?: string; no?: string }) {
  return <StatusIndicator type={value ? 'success' : 'stopped'}>{value ? yes : no}</StatusIndicator>;
}

export function Code({ children, label }: { children: string; label?: string }) {
  return (
    <div className="code" tabIndex={0} role="region" aria-label={label ?? 'Code'}>
      <pre><code>{children}</code></pre>
    </div>
  );
}
