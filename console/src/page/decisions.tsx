// May this user do that? The answer with its reasons, and what was answered before.
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import Textarea from '@cloudscape-design/components/textarea';
import { useEffect, useState } from 'react';
import { useDo } from '../ask';
import { house } from '../aws';
import { Known } from '../decision/known';
import { Picture } from '../decision/picture';
import { Recent } from '../decision/recent';
import { request, words, type Explanation, type Preview, type Question } from '../decision/words';
import { useAbout } from '../part/about';
import { Failed, Page } from '../part/shown';
import { go, type Place } from '../route';

const start: Question = { principal: '', roles: '', kind: '', id: '', attr: '', actions: '' };

export default function Decisions({ place }: { place: Place }) {
  const tab = place.path[1] === 'recent' ? 'recent' : 'ask';
  return (
    <Page title="Decisions" about="May this user do that? The request names the user by id; the server knows the rest.">
      <Tabs
        activeTabId={tab}
        onChange={(e) => go(e.detail.activeTabId === 'recent' ? ['decisions', 'recent'] : ['decisions'])}
        ariaLabel="Decisions"
        tabs={[
          { id: 'ask', label: 'Ask', content: <Ask query={place.query} /> },
          { id: 'recent', label: 'Recent', content: tab === 'recent' ? <Recent /> : null },
        ]}
      />
    </Page>
  );
}

function fromQuery(query: URLSearchParams): Question {
  return Object.fromEntries(Object.keys(start).map((k) => [k, query.get(k) ?? ''])) as unknown as Question;
}

async function ask(q: Question): Promise<{ why: Explanation; known: Preview }> {
  const req = request(q);
  const [why, known] = await Promise.all([
    house<Explanation>('explain', {}, req),
    house<Preview>('preview', { principal: q.principal.trim(), kind: q.kind.trim(), resource: q.id.trim() }),
  ]);
  return { why, known };
}

function Ask({ query }: { query: URLSearchParams }) {
  const about = useAbout();
  const [q, set] = useState<Question>(() => fromQuery(query));
  const [answer, setAnswer] = useState<{ why: Explanation; known: Preview }>();
  const act = useDo();
  const ready = Boolean(q.principal.trim() && q.kind.trim() && q.id.trim() && words(q.actions).length);
  const change = (part: Partial<Question>) => set((was) => ({ ...was, ...part }));

  async function submit() {
    setAnswer(undefined);
    await act.run(async () => {
      setAnswer(await ask(q));
    });
    go(['decisions'], { ...q });
  }
  useEffect(() => {
    if (ready) void submit();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- an address with a whole question asks it, once
  }, []);

  return (
    <SpaceBetween size="l">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (ready) void submit();
        }}
      >
        <Container
          header={<Header variant="h2" description={about && `Policies: ${about.policies}`}>The question</Header>}
          footer={<Button variant="primary" formAction="submit" loading={act.busy} disabled={!ready}>Ask</Button>}
        >
          <SpaceBetween size="m">
            <Grid gridDefinition={Array.from({ length: 6 }, () => ({ colspan: { default: 12, xs: 6 } }))}>
              <FormField label="May" description="The sub, the username or an alias of a user."><Input value={q.principal} onChange={(e) => change({ principal: e.detail.value })} name="principal" placeholder="alice" spellcheck={false} autoComplete={false} /></FormField>
              <FormField label="do" description="Actions, with commas between them."><Input value={q.actions} onChange={(e) => change({ actions: e.detail.value })} name="actions" placeholder="read, delete" spellcheck={false} autoComplete={false} /></FormField>
              <FormField label="with a" description="The kind of the resource."><Input value={q.kind} onChange={(e) => change({ kind: e.detail.value })} name="kind" placeholder="contact" spellcheck={false} autoComplete={false} /></FormField>
              <FormField label="of the id" description="Which one of its kind."><Input value={q.id} onChange={(e) => change({ id: e.detail.value })} name="resource" placeholder="c1" spellcheck={false} autoComplete={false} /></FormField>
              <FormField label={<>that has the attributes <i>– optional</i></>} description="A JSON object." stretch><Textarea value={q.attr} onChange={(e) => change({ attr: e.detail.value })} name="attributes" placeholder='{"owner": "bob"}' rows={2} spellcheck={false} /></FormField>
              <FormField label={<>in these roles instead of the groups <i>– optional</i></>} description="What the caller would claim, with commas between them."><Input value={q.roles} onChange={(e) => change({ roles: e.detail.value })} name="roles" spellcheck={false} autoComplete={false} /></FormField>
            </Grid>
          </SpaceBetween>
        </Container>
      </form>
      <Failed fault={act.fault} />
      <div aria-live="polite">{answer && <SpaceBetween size="l"><Picture why={answer.why} known={answer.known} /><Known known={answer.known} /></SpaceBetween>}</div>
    </SpaceBetween>
  );
}
