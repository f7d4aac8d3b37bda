// The picture of a way to a role: who comes, what the pool makes of the claims, the role, and what comes of it.
import Badge from '@cloudscape-design/components/badge';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { Step } from '../decision/picture';
import { matches, roleName, type Provider } from './pool';

export interface Asked {
  /** Undefined: a guest. */
  provider: Provider | undefined;
  claims: Record<string, unknown>;
}

/** What the server says. */
export interface Answer {
  identity?: string;
  mapping?: string;
  type?: 'Token' | 'Rules';
  rules: { claim: string; match: keyof typeof matches; value: string; role: string; said: string[]; holds: boolean }[];
  offered: string[];
  way?: 'wish' | 'mapping' | 'usual';
  role?: string;
  known: boolean;
  trusts: boolean;
  tags: Record<string, string>;
  refused?: string;
}

export function Picture({ asked, answer: a }: { asked: Asked; answer: Answer }) {
  const who = asked.provider ? String(asked.claims['cognito:username'] ?? asked.claims.sub ?? 'somebody') : 'a guest';
  return (
    <Container header={<Header variant="h2" actions={<Outcome of={a} />}>{`${who} → ${roleName(a.role) || 'no role'}`}</Header>}>
      <ol className="picture" aria-label="The way to the role">
        <Step title="Who">
          <b>{who}</b>
          {asked.provider && <small>with a token of {asked.provider.text}</small>}
          {asked.provider && (a.identity ? <small>is known: {a.identity}</small> : <small>nobody has come with this login yet</small>)}
        </Step>
        <Step title="Mapping"><Mapping of={a} guest={!asked.provider} /></Step>
        <Step title="Role">
          {a.role ? (
            <>
              <b>{a.role}</b>
              <small>{because(a, !asked.provider)}</small>
              <div><StatusIndicator type={a.known ? 'success' : 'error'} wrapText>{a.known ? 'is in the configuration' : 'is not in the configuration'}</StatusIndicator></div>
              {a.known && <div><StatusIndicator type={a.trusts ? 'success' : 'error'} wrapText>{a.trusts ? 'trusts who comes so' : 'does not trust who comes so'}</StatusIndicator></div>}
            </>
          ) : <small>none</small>}
        </Step>
        <Step title="Credentials" last>
          <Outcome of={a} large />
          {a.refused && <small>{a.refused}</small>}
          {!a.refused && Object.entries(a.tags).map(([tag, value]) => <div key={tag}><Badge color="blue">{`${tag}: ${value}`}</Badge></div>)}
          {!a.refused && Object.keys(a.tags).length === 0 && <small>without tags</small>}
        </Step>
      </ol>
    </Container>
  );
}

function Mapping({ of: a, guest }: { of: Answer; guest: boolean }) {
  if (guest) return <small>guests have the pool&apos;s role for them</small>;
  if (!a.mapping) return <small>none for these tokens: the pool&apos;s role</small>;
  if (a.type === 'Token') {
    return (
      <>
        <small>what the token says (cognito:preferred_role, cognito:roles)</small>
        {a.offered.map((arn) => <div key={arn}><Badge>{roleName(arn)}</Badge></div>)}
        {a.offered.length === 0 && <small>it names no role</small>}
      </>
    );
  }
  const first = a.rules.findIndex((r) => r.holds);
  return (
    <ol className="rules">
      {a.rules.map((r, i) => (
        <li key={i}>
          <StatusIndicator type={r.holds ? 'success' : 'stopped'} wrapText>{`${r.claim} ${matches[r.match]} ${r.value}`}</StatusIndicator>
          <small>{r.said.length === 0 ? 'the claim is absent' : `it is ${r.said.join(', ')}`} → {roleName(r.role)}{i === first && a.way === 'mapping' ? ', the first that fits' : ''}</small>
        </li>
      ))}
    </ol>
  );
}

function because(a: Answer, guest: boolean): string {
  switch (a.way) {
    case 'wish':
      return 'The app asks for it, and it is one of those that fit.';
    case 'mapping':
      return a.type === 'Token' ? 'The token prefers it.' : 'The first rule that fits leads to it.';
    default:
      return guest ? "The pool's role for guests." : a.mapping ? "No rule leads to a role: the pool's role is taken instead." : "The pool's role for people who have signed in.";
  }
}

function Outcome({ of: a, large }: { of: Answer; large?: boolean }) {
  return <span className={`effect ${a.refused ? 'deny' : 'allow'}${large ? ' large' : ''}`}>{a.refused ? '✕ Refused' : '✓ Given'}</span>;
}
