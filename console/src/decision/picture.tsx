// The picture of a decision: who asks, what is known and from where, which rules were looked at, and what came out.
import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReactNode } from 'react';
import { age, outcome, type Action, type Explanation, type Given, type Preview } from './words';

export function Picture({ why, known }: { why: Explanation; known: Preview | undefined }) {
  return (
    <SpaceBetween size="l">
      {why.resources.map((r) => r.actions.map((a) => (
        <Container key={`${r.kind}/${r.id}/${a.name}`} header={<Header variant="h2" actions={<Effect effect={a.effect} />}>{`${why.principal.id} → ${a.name} ${r.kind}/${r.id}`}</Header>}>
          <ol className="picture" aria-label={`Why ${a.name} came out so`}>
            <Step title="Who">
              <b>{why.principal.id}</b>
              {(why.principal.roles ?? []).map((role) => <Origin key={role.name} of={role}><Badge color="blue">{role.name}</Badge></Origin>)}
              {(r.derivedRoles ?? []).map((role) => <div key={role}><Badge color="green">{role}</Badge> <small>derived for this resource</small></div>)}
            </Step>
            <Step title="Known">
              {(known?.sources ?? []).map((s) => (
                <div key={s.source}>
                  <StatusIndicator type={s.error ? 'error' : s.found ? 'success' : 'stopped'}>{s.source}</StatusIndicator>
                  <small>{s.error ?? (s.found ? `${outcome(s.outcome)}, ${age(s.age_ms)}` : 'knows nobody of that id')}</small>
                </div>
              ))}
              <small>{known ? `${known.fields.length} fields for policies, below` : 'as the request says'}</small>
            </Step>
            <Step title="Rules">
              <Box color="text-body-secondary" fontSize="body-s">{a.policy || 'no policy applied'}{a.scope && `, scope ${a.scope}`}</Box>
              {(a.rules ?? []).map((rule) => (
                <div key={rule.name}>
                  <StatusIndicator type={rule.held ? 'success' : 'stopped'} wrapText>{rule.name || 'a rule without a name'}</StatusIndicator>
                  {rule.why && <small>{rule.why}</small>}
                </div>
              ))}
              {!a.rules?.length && <small>no rule was looked at</small>}
            </Step>
            <Step title="Effect" last><Effect effect={a.effect} large /><small>{because(a)}</small></Step>
          </ol>
          {r.validationErrors?.map((v) => <StatusIndicator key={v} type="error">{v}</StatusIndicator>)}
          {(a.steps?.length ?? 0) > 0 && (
            <ExpandableSection headerText={`The engine's ${a.steps?.length} steps`} variant="footer">
              <ol className="steps">{a.steps?.map((s, i) => <li key={i}><code>{s.path}</code> <Box variant="span" color="text-body-secondary">{s.outcome.join(', ')}</Box></li>)}</ol>
            </ExpandableSection>
          )}
        </Container>
      )))}
    </SpaceBetween>
  );
}

function because(a: Action): string {
  const held = (a.rules ?? []).filter((r) => r.held);
  if (!a.policy) return 'No policy speaks of this: what nobody allows is denied.';
  if (held.length === 0) return 'No rule held: what nobody allows is denied.';
  return `Decided by the rule ${held.map((r) => `“${r.name || 'without a name'}”`).join(', ')}.`;
}

/** One of the boxes. */
export function Step({ title, children, last }: { title: string; children: ReactNode; last?: boolean }) {
  return <li className={last ? 'last' : undefined}><div className="step-title">{title}</div>{children}</li>;
}

function Origin({ of, children }: { of: Given; children: ReactNode }) {
  return <div>{children} <small>{of.from === 'request' ? 'said by the request' : `from ${of.from.replace('enrichment source ', '')}`}</small></div>;
}

export function Effect({ effect, large }: { effect: string; large?: boolean }) {
  const allow = effect === 'EFFECT_ALLOW';
  return <span className={`effect ${allow ? 'allow' : 'deny'}${large ? ' large' : ''}`}>{allow ? '✓ Allowed' : '✕ Denied'}</span>;
}
