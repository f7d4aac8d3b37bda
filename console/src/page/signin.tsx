// The door: an access key, or in development nothing at all.
import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import { useAsk } from '../ask';
import { door, trying } from '../aws';
import { faultOf, type Fault } from '../fault';
import mark from '../mark.svg';
import { Failed } from '../part/shown';
import { enter } from '../session';

export function SignIn({ reason }: { reason: string }) {
  const asked = useAsk(door, []);
  const [id, setId] = useState('');
  const [secret, setSecret] = useState('');
  const [region, setRegion] = useState('');
  const [keep, setKeep] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault>();
  const dev = asked.data?.mode === 'dev';
  useEffect(() => {
    document.title = 'Sign in · Cognate';
  }, []);

  async function submit(accessKeyId: string, secretAccessKey: string, kept: boolean) {
    const s = { accessKeyId: accessKeyId.trim(), secretAccessKey: secretAccessKey.trim(), region: region.trim() || (asked.data?.region ?? 'us-east-1') };
    setBusy(true);
    setFault(undefined);
    try {
      await trying(s).send(new ListUserPoolsCommand({ MaxResults: 1 }));
      enter(s, kept);
    } catch (e) {
      setFault(faultOf(e));
      setBusy(false);
    }
  }

  const form = (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void submit(id, secret, keep);
      }}
    >
      <SpaceBetween size="m">
        <FormField label="Access key ID">
          <Input value={id} onChange={(e) => setId(e.detail.value)} name="access-key" autoComplete="username" spellcheck={false} autoFocus={!dev} />
        </FormField>
        <FormField label="Secret access key">
          <Input value={secret} onChange={(e) => setSecret(e.detail.value)} name="secret-key" type="password" autoComplete="off" />
        </FormField>
        <FormField label="Region" description="User pools belong to a Region.">
          <Input value={region} onChange={(e) => setRegion(e.detail.value)} name="region" placeholder={asked.data?.region} spellcheck={false} autoComplete={false} />
        </FormField>
        <Checkbox checked={keep} onChange={(e) => setKeep(e.detail.checked)} description="Otherwise the key is in memory only, and a reload asks for it again.">
          Keep the key until this tab is closed
        </Checkbox>
        <Button variant={dev ? 'normal' : 'primary'} formAction="submit" loading={busy && id !== ''} disabled={!id.trim() || !secret.trim()} fullWidth>Sign in</Button>
      </SpaceBetween>
    </form>
  );

  return (
    <main className="door">
      <div className="door-mark"><img src={mark} alt="" /> Cognate</div>
      <SpaceBetween size="m">
        {reason && <Alert type="warning" header="Sign in again">{reason}</Alert>}
        {!isSecureContext && <Alert type="warning" header="This page came without TLS">Whoever is on the way could have changed it, and would see the key. Open it by https, or on the server&apos;s own machine.</Alert>}
        <Failed fault={asked.fault} again={asked.again} />
        <Container header={<Header variant="h1" description={dev ? 'A development server: any access key is as good as another.' : 'With an access key of this server. Requests are signed here in the browser; the secret never leaves it.'}>Console</Header>}>
          {dev ? (
            <SpaceBetween size="m">
              <Button variant="primary" fullWidth loading={busy && id === ''} onClick={() => void submit('dev', 'dev', true)}>Continue in development</Button>
              <ExpandableSection headerText="Use an access key of your own">{form}</ExpandableSection>
            </SpaceBetween>
          ) : (
            form
          )}
        </Container>
        <Failed fault={fault} />
        {!dev && <Box color="text-body-secondary" fontSize="body-s">The first start of <code>cognate serve</code> prints a root access key, once.</Box>}
      </SpaceBetween>
    </main>
  );
}
