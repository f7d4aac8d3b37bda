// One sign-in as a timeline: what was read, written and left out, and why.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { admin } from '../../admin';
import { useAsk, useDo } from '../../ask';
import { Code, Failed, moment, Page, Shown, When } from '../../part/shown';
import { href } from '../../route';
import { getWorkspace, listPoints, listScripts } from '../ask';
import { runsOf } from '../scripts/debug';
import { Outcome as RunOutcome } from '../scripts/outcome';
import type { Kept } from '../scripts/words';
import type { Script } from '../types';
import { namesIn, Outcome } from './page';
import { saying, stretches, type Line, type Stretch, type Trace } from './words';
import './traces.css';

export function One({ workspace, id }: { workspace: string; id: string }) {
  const asked = useAsk(async () => {
    const [trace, names, server] = await Promise.all([
      admin<Trace>({ path: ['servers', workspace, 'login-traces', id] }), namesIn(workspace), getWorkspace(workspace),
    ]);
    return { trace, name: (x: string) => names.get(x) ?? x, pool: server.user_pool_id };
  }, [workspace, id]);
  const at = asked.data && new Date(asked.data.trace.at);
  return (
    <Page title={at ? `Sign-in of ${moment(at)}` : 'Sign-in'} about="What was read, written and left out on the way from the provider to the application.">
      <Shown of={asked}>
        {({ trace: t, name, pool }) => (
          <SpaceBetween size="l">
            <Container header={<Header variant="h2" actions={<Button href={href(['workspaces', workspace, 'lineage'], { client: t.client_id })}>Data lineage</Button>}>The sign-in</Header>}>
              <KeyValuePairs
                columns={3}
                items={[
                  { label: 'Outcome', value: <Outcome of={t} /> },
                  { label: 'Application', value: <Link href={href(['workspaces', workspace, 'clients', t.client_id])}>{name(t.client_id)}</Link> },
                  { label: 'Connection', value: <Link href={href(['workspaces', workspace, 'providers', t.idp_id])}>{name(t.idp_id)}</Link> },
                  { label: 'Context', value: t.cached ? 'Kept from an earlier sign-in: the provider was not asked' : 'From the provider' },
                  { label: 'User', value: t.subject ? <Link href={href(['pools', pool, 'users', t.subject])}>{t.subject}</Link> : 'Nobody yet' },
                  { label: 'When', value: <When at={new Date(t.at)} /> },
                ]}
              />
            </Container>
            <Container header={<Header variant="h2">What happened</Header>}>
              <ol className="trace" aria-label="What happened">
                {stretches(t.lines ?? []).map((s, i) => <Part key={i} of={s} />)}
                <li className="end"><div className="trace-title">{t.outcome === 'code' ? 'The application got a code' : `The application got the error ${t.outcome}`}</div></li>
              </ol>
            </Container>
            <Console workspace={workspace} trace={t} />
            <Container header={<Header variant="h2" description="What tokens are made of.">The context in the end</Header>}>
              <SpaceBetween size="s">
                <Code label="Authentication context">{JSON.stringify(t.authentication_context ?? {}, null, 2)}</Code>
                <div>{`amr: ${t.amr?.join(', ') || 'none'} · acr: ${t.acr || 'none'}`}</div>
              </SpaceBetween>
            </Container>
          </SpaceBetween>
        )}
      </Shown>
    </Page>
  );
}

function Part({ of }: { of: Stretch }) {
  return (
    <li>
      <div className="trace-title">{of.title}</div>
      {of.lines.length > 0 && <ul className="plain">{of.lines.map((l, i) => <Said key={i} line={l} />)}</ul>}
      {of.absent.length > 0 && <div className="trace-absent">{`Not there: ${of.absent.join(', ')}`}</div>}
    </li>
  );
}

function Said({ line: l }: { line: Line }) {
  const out = l.outcome === 'left out';
  return (
    <li className={out ? 'trace-line out' : 'trace-line'}>
      <span className="trace-what">{out ? '✕ left out: ' : '✓ '}{saying(l)}</span>
      {l.value !== undefined && <code>{JSON.stringify(l.value)}</code>}
      {l.changed && <small>in the place of another value</small>}
      {l.reason && <small>{out ? l.reason : `but ${l.reason}`}</small>}
    </li>
  );
}

/** What scripts printed: it is kept while somebody debugs them, and is looked at only when that is asked for. */
function Console({ workspace, trace }: { workspace: string; trace: Trace }) {
  const [runs, setRuns] = useState<{ script: Script; run: Kept }[]>();
  const [checked, setChecked] = useState<Script[]>([]);
  const look = useDo();
  const show = () => look.run(async () => {
    const [points, scripts] = await Promise.all([listPoints(workspace), listScripts(workspace)]);
    const ran = scripts.filter((s) => points.some((p) => p.script_id === s.id && p.type === 'post_authn_ctx' && (p.target_fk === '' || p.target_fk === trace.idp_id)) || trace.lines?.some((l) => l.step === 'script' && l.from === s.name));
    const found = await Promise.all(ran.map(async (script) => ((await runsOf(workspace, script.id)).runs ?? []).filter((r) => r.trace_id === trace.id).map((run) => ({ script, run }))));
    setChecked(ran);
    setRuns(found.flat());
  });
  return (
    <Container header={<Header variant="h2" description="Kept for an hour where somebody debugs the script." actions={<Button loading={look.busy} onClick={() => void show()}>Show what scripts printed</Button>}>Scripts</Header>}>
      <SpaceBetween size="m">
        <Failed fault={look.fault} />
        {!runs && <Box color="text-body-secondary">Not looked at yet.</Box>}
        {runs && checked.length === 0 && <div>No script runs after this connection.</div>}
        {runs?.length === 0 && checked.length > 0 && (
          <div>
            {'No run of this sign-in was kept. For the next one, press “Keep runs” on the page of '}
            {checked.map((s, i) => <span key={s.id}>{i > 0 && ' or '}<Link href={href(['workspaces', workspace, 'scripts', s.id])}>{s.name}</Link></span>)}.
          </div>
        )}
        {runs?.map(({ script, run }) => (
          <div key={script.id + run.at}>
            <Box variant="h3">{script.name}</Box>
            <RunOutcome of={run} text={script.body} />
          </div>
        ))}
      </SpaceBetween>
    </Container>
  );
}
