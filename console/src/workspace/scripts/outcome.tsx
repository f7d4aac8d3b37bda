// What came of a run.
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReactNode } from 'react';
import { Code } from '../../part/shown';
import { milliseconds, type Run } from './words';

export function Outcome({ of, text }: { of: Run; text?: string }) {
  const line = of.line && text ? text.split('\n')[of.line - 1]?.trim() : undefined;
  return (
    <SpaceBetween size="s">
      {of.caught_err ? (
        <div>
          <StatusIndicator type="error" wrapText>{of.caught_err}</StatusIndicator>
          {of.line ? <Box color="text-body-secondary">On line {of.line}{line && <>: <code>{line}</code></>}</Box> : null}
        </div>
      ) : (
        <StatusIndicator type="success">{`It took ${milliseconds(of.duration)}`}</StatusIndicator>
      )}
      {!of.caught_err && <Titled title="It gives"><Code label="Output">{JSON.stringify(of.output, null, 2)}</Code></Titled>}
      {of.stdout && <Titled title="It printed"><Code label="Console">{of.stdout}</Code></Titled>}
      {of.stderr && <Titled title="It warned"><Code label="Warnings">{of.stderr}</Code></Titled>}
    </SpaceBetween>
  );
}

function Titled({ title, children }: { title: string; children: ReactNode }) {
  return <div><Box fontWeight="bold" padding={{ bottom: 'xxs' }}>{title}</Box>{children}</div>;
}
