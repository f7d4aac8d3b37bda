// One script: its text, a try, where it runs, and what it did there.
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { admin, edit } from '../../admin';
import { useAsk, useDo } from '../../ask';
import { differences } from '../../edit';
import { Cli, Destroy } from '../../part/dialog';
import { useNotices } from '../../part/notices';
import { Failed, Page, Shown } from '../../part/shown';
import { go } from '../../route';
import { Debug } from './debug';
import { Editor } from './editor';
import { Places } from './places';
import { Outcome } from './outcome';
import './scripts.css';
import type { Run, Written } from './words';

export function One({ workspace, id }: { workspace: string; id: string }) {
  const path = ['servers', workspace, 'scripts', id];
  const asked = useAsk(() => admin<Written>({ path }), [workspace, id]);
  const [ending, setEnding] = useState(false);
  const name = asked.data?.name ?? id;
  return (
    <Page title={name} about="A script of this workspace." actions={asked.data && <Button onClick={() => setEnding(true)}>Delete</Button>}>
      <Shown of={asked}>{(s) => <Write key={s.updated_at} workspace={workspace} script={s} again={asked.again} />}</Shown>
      <Places workspace={workspace} id={id} />
      <Debug workspace={workspace} id={id} />
      {ending && (
        <Destroy title={`Delete the script ${name}`} name={name} change={() => admin({ method: 'DELETE', path })} said={`The script ${name} was deleted.`} close={() => setEnding(false)} done={() => go(['workspaces', workspace, 'scripts'])} cli={[{ method: 'DELETE', path }]}>
          It runs nowhere any more, at once.
        </Destroy>
      )}
    </Page>
  );
}

function Write({ workspace, script, again }: { workspace: string; script: Written; again: () => void }) {
  const path = ['servers', workspace, 'scripts', script.id];
  const notices = useNotices();
  const [name, setName] = useState(script.name);
  const [body, setBody] = useState(script.body);
  const [input, setInput] = useState(script.test_input ?? '{}');
  const [run, setRun] = useState<{ of: string; outcome: Run }>();
  const save = useDo();
  const test = useDo();
  const edits = differences(script, { name: name.trim(), body, test_input: input });
  const outcome = run?.outcome;
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            description="It gets a context, and gives back what is to change."
            actions={
              <Button
                variant="primary"
                loading={save.busy}
                disabled={edits.length === 0 || name.trim() === ''}
                onClick={() => void save.run(() => edit(path, edits)).then((done) => {
                  if (!done) return;
                  notices.good('The script is saved.');
                  again();
                })}
              >
                Save
              </Button>
            }
          >
            The script
          </Header>
        }
      >
        <SpaceBetween size="m">
          <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="script-name" autoComplete={false} /></FormField>
          <FormField label="Text" stretch><Editor label="Text of the script" value={body} change={setBody} marked={run?.of === body ? outcome?.line : undefined} rows={14} /></FormField>
          <Failed fault={save.fault} />
          {edits.length > 0 && <Cli calls={[{ path, edits }]} />}
        </SpaceBetween>
      </Container>
      <Container
        header={
          <Header
            variant="h2"
            description="Runs the text above, saved or not. It changes nothing."
            actions={
              <Button
                loading={test.busy}
                onClick={() => void test.run(async () => {
                  setRun(undefined);
                  setRun({ of: body, outcome: await admin<Run>({ path: ['servers', workspace, 'scripts', 'test'], body: { body, input: parse(input) } }) });
                })}
              >
                Test
              </Button>
            }
          >
            Try it
          </Header>
        }
      >
        <SpaceBetween size="m">
          <FormField label="What it is told" description="A JSON object: the context, without secrets. It is saved with the script." stretch><Editor label="What the script is told" value={input} change={setInput} rows={8} /></FormField>
          <Failed fault={test.fault} />
          <div aria-live="polite" data-testid="outcome">{run && outcome && <Outcome of={outcome} text={run.of} />}</div>
        </SpaceBetween>
      </Container>
      {edits.length > 0 && <Alert type="info">There are changes that are not saved.</Alert>}
    </SpaceBetween>
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    throw new Error(`What the script is told is no JSON: ${e instanceof Error ? e.message : String(e)}`);
  }
}
