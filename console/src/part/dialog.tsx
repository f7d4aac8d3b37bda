// Changes are made in dialogs: they say what will be done, show the same as a command, and stay open with the server's words when it
// refuses.
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState, type ReactNode } from 'react';
import { useDo } from '../ask';
import { command } from '../cli';
import { commands, type AdminCall } from '../curl';
import { session } from '../session';
import { useAbout } from './about';
import { useNotices } from './notices';
import { Code, Failed } from './shown';

/** A request as the AWS CLI has it, or one to the administration of workspaces. */
export type Call = AwsCall | AdminCall;

export interface AwsCall {
  service: 'cognito-idp' | 'cognito-identity' | 'verifiedpermissions';
  operation: string;
  input: object;
}

export function Cli({ calls }: { calls: Call[] }) {
  const tenant = useAbout()?.tenant ?? 'default';
  const region = session()?.region ?? 'us-east-1';
  const curls = calls.filter((c) => 'path' in c);
  const tool = curls.length > 0 ? 'curl' : 'AWS CLI';
  const text = curls.length > 0 ? commands(curls, tenant, region) : calls.filter((c) => 'service' in c).map((c) => command(c.service, c.operation, c.input, region)).join('\n\n');
  return (
    <ExpandableSection headerText={`The same with ${tool === 'curl' ? 'curl' : 'the AWS CLI'}`} variant="footer">
      <SpaceBetween size="xs">
        <Code label={`${tool} command`}>{text}</Code>
        <CopyToClipboard copyButtonText="Copy" textToCopy={text} copySuccessText="Copied" copyErrorText="The browser did not let it be copied" />
      </SpaceBetween>
    </ExpandableSection>
  );
}

export interface DialogProps {
  title: string;
  submit: string;
  /** Makes the change. What it throws is shown; afterwards the dialog closes. */
  change: () => Promise<unknown>;
  close: () => void;
  /** Runs once the server has said yes. */
  done?: () => void;
  /** What the notice says then. */
  said?: string;
  ready?: boolean;
  large?: boolean;
  cli?: Call[];
  children?: ReactNode;
}

export function Dialog(p: DialogProps) {
  const act = useDo();
  const notices = useNotices();
  const ready = p.ready ?? true;
  async function submit() {
    if (!ready || act.busy) return;
    if (await act.run(p.change)) {
      if (p.said) notices.good(p.said);
      p.close();
      p.done?.();
    }
  }
  return (
    <Modal
      visible
      header={p.title}
      size={p.large ? 'large' : 'medium'}
      closeAriaLabel="Close"
      onDismiss={() => act.busy || p.close()}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" disabled={act.busy} onClick={p.close}>Cancel</Button>
            <Button variant="primary" loading={act.busy} disabled={!ready} onClick={() => void submit()}>{p.submit}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void submit();
        }}
      >
        <SpaceBetween size="m">
          {p.children}
          {p.cli && <Cli calls={p.cli} />}
          <Failed fault={act.fault} />
        </SpaceBetween>
        <button type="submit" hidden />
      </form>
    </Modal>
  );
}

/** For what cannot be undone: the name has to be typed. */
export function Destroy({ name, children, submit = 'Delete', ...p }: Omit<DialogProps, 'submit' | 'ready'> & { name: string; submit?: string }) {
  const [typed, setTyped] = useState('');
  return (
    <Dialog {...p} submit={submit} ready={typed === name}>
      <Alert type="warning">{children ?? 'This cannot be undone.'}</Alert>
      <FormField label={<>To confirm, type <b>{name}</b></>}>
        <Input value={typed} onChange={(e) => setTyped(e.detail.value)} placeholder={name} ariaLabel={`Type ${name} to confirm`} autoComplete={false} spellcheck={false} />
      </FormField>
    </Dialog>
  );
}
