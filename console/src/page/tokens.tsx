// A token, in plain words: what it says, until when, and what it is worth now.
import Alert, { type AlertProps } from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { useDo } from '../ask';
import { house } from '../aws';
import { List } from '../part/list';
import { Code, Empty, Failed, Page, away, moment } from '../part/shown';
import { href } from '../route';
import { part } from '../token';

interface Verdict {
  verdict: 'live' | 'ended' | 'expired' | 'forged' | 'foreign' | 'malformed';
  pool?: string;
  poolName?: string;
}

const verdicts: Record<Verdict['verdict'], { type: AlertProps.Type; title: string; text: string }> = {
  live: { type: 'success', title: 'It counts', text: 'Signed by a pool of this server, not expired, and its session, user and client are alive.' },
  ended: { type: 'error', title: 'It counts no more', text: 'The signature is good, but it was revoked, or its session, user or client is gone. Who verifies signatures only still takes it until it expires.' },
  expired: { type: 'warning', title: 'It has expired', text: 'The signature is good, the time is over.' },
  forged: { type: 'error', title: 'It is forged', text: 'It names a pool of this server, which did not sign it so.' },
  foreign: { type: 'info', title: 'It is of another issuer', text: 'Its issuer is no pool of this server, so nothing was verified.' },
  malformed: { type: 'error', title: 'This is no signed token', text: 'It is not of the form that tokens have. Refresh tokens are sealed: nobody but the server can read them.' },
};

const times = ['exp', 'iat', 'nbf', 'auth_time'];
const meanings: Record<string, string> = {
  iss: 'who issued it', sub: 'whom it is about', aud: 'for whom it is', client_id: 'the app client that got it', token_use: 'what it is for', scope: 'what it lets its bearer do',
  exp: 'expires', iat: 'was issued', nbf: 'not valid before', auth_time: 'when the person signed in', jti: 'its own id', origin_jti: 'the session that it belongs to', event_id: 'the sign-in that it came from',
  username: 'the username', 'cognito:username': 'the username', 'cognito:groups': 'the groups', 'cognito:roles': 'the roles of the groups', 'cognito:preferred_role': 'the role that wins',
  email: 'the email address', email_verified: 'whether the address was proven', phone_number: 'the phone number', device_key: 'the device', version: 'of its form', nonce: 'what the app sent along',
  acr: 'how well the person was authenticated', amr: 'by what', cnf: 'the key that its bearer has to hold', identities: 'where the person came from',
};

export default function Tokens() {
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState<{ token: string; verdict: Verdict }>();
  const act = useDo();
  const token = text.trim().replace(/^bearer\s+/i, '');
  const header = answer && part(answer.token, 0);
  const claims = answer && part(answer.token, 1);
  const v = answer && verdicts[answer.verdict.verdict];
  return (
    <Page title="Tokens" about="Paste an access or ID token. It is sent to this server to be verified, and kept nowhere.">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          setAnswer(undefined);
          void act.run(async () => setAnswer({ token, verdict: await house<Verdict>('token', {}, { token }) }));
        }}
      >
        <Container footer={<Button variant="primary" formAction="submit" disabled={!token} loading={act.busy}>Look at it</Button>}>
          <FormField label="Token" stretch><Textarea value={text} onChange={(e) => setText(e.detail.value)} name="token" rows={5} spellcheck={false} placeholder="eyJraWQiOi…" autoComplete={false} /></FormField>
        </Container>
      </form>
      <Failed fault={act.fault} />
      {answer && v && (
        <SpaceBetween size="l">
          <div role="status" data-testid="verdict">
            <Alert type={v.type} header={v.title}>
              {v.text}
              {answer.verdict.pool && <> Pool: <Link href={href(['pools', answer.verdict.pool])}>{answer.verdict.poolName ?? answer.verdict.pool}</Link>.</>}
              {answer.verdict.verdict === 'live' && typeof claims?.exp === 'number' && ` It expires ${away(new Date(claims.exp * 1000))}.`}
            </Alert>
          </div>
          {claims && (
            <List
              title="Claims"
              of={{ data: Object.entries(claims), fault: undefined, loading: false, again: () => undefined }}
              still
              id={([name]) => name}
              columns={[
                { id: 'name', header: 'Claim', by: ([name]) => name, cell: ([name]) => <code>{name}</code> },
                { id: 'meaning', header: 'Is', cell: ([name]) => meanings[name] ?? (name.startsWith('custom:') ? 'an attribute of the pool' : '–') },
                { id: 'value', header: 'Value', cell: ([name, value]) => (times.includes(name) && typeof value === 'number' ? `${moment(new Date(value * 1000))} (${away(new Date(value * 1000))})` : typeof value === 'string' ? value : <code>{JSON.stringify(value)}</code>) },
              ]}
              empty={<Empty title="No claims" />}
            />
          )}
          {header && <Container header={<Header variant="h2">Header</Header>}><Code label="Header">{JSON.stringify(header, null, 2)}</Code></Container>}
        </SpaceBetween>
      )}
    </Page>
  );
}
