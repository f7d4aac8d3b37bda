// Who comes to which role, and why: asked of the server, which decides it.
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { useDo } from '../ask';
import { house } from '../aws';
import { Failed } from '../part/shown';
import { part } from '../token';
import type { Common } from './overview';
import { Picture, type Asked, type Answer } from './picture';
import { providers, type Provider } from './pool';
import { RoleInput } from './roleinput';

const guest = 'guest';

/** Claims such as a provider's tokens have. */
function sample(p: Provider | undefined): string {
  if (!p) return '';
  const claims = p.kind === 'user pool' ? { sub: '11111111-2222-3333-4444-555555555555', aud: p.client, 'cognito:username': 'alice', 'cognito:groups': ['staff'] } : { sub: 'alice' };
  return JSON.stringify(claims, null, 2);
}

export function Way({ of }: Common) {
  const all = providers(of.pool);
  const options = [...all.map((p) => ({ value: p.names[0] ?? '', label: p.text, description: p.client ? `${p.kind}, client ${p.client}` : p.kind })), { value: guest, label: 'Nobody: a guest', description: 'without a token' }];
  const [chosen, setChosen] = useState(options[0]?.value ?? guest);
  const provider = all.find((p) => p.names[0] === chosen);
  const [claims, setClaims] = useState(sample(provider));
  const [wish, setWish] = useState('');
  const [answer, setAnswer] = useState<{ asked: Asked; answer: Answer }>();
  const act = useDo();

  async function ask() {
    setAnswer(undefined);
    await act.run(async () => {
      let said: unknown;
      if (provider) {
        try {
          said = JSON.parse(claims);
        } catch (e) {
          throw new Error(`The claims are no JSON: ${(e as Error).message}.`, { cause: e });
        }
      }
      const asked = { pool: of.pool.IdentityPoolId, provider: provider?.login ?? '', claims: said, role: wish.trim() };
      setAnswer({ asked: { provider, claims: (said ?? {}) as Record<string, unknown> }, answer: await house<Answer>('role', {}, asked) });
    });
  }
  return (
    <SpaceBetween size="l">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void ask();
        }}
      >
        <Container
          header={<Header variant="h2" description="The server decides as it would for a token that says so. Nothing is verified or given out.">Who comes</Header>}
          footer={<Button variant="primary" formAction="submit" loading={act.busy}>Which role?</Button>}
        >
          <SpaceBetween size="m">
            <FormField label="With a token of"><Select selectedOption={options.find((o) => o.value === chosen) ?? null} options={options} onChange={(e) => { const v = e.detail.selectedOption.value ?? guest; setChosen(v); setClaims(sample(all.find((p) => p.names[0] === v))); setAnswer(undefined); }} /></FormField>
            {provider && (
              <FormField label="That says" description="Its claims as JSON. A token that is pasted becomes its claims, and is sent nowhere." stretch>
                <div className="cedar"><Textarea value={claims} onChange={(e) => { setClaims(claimsOf(e.detail.value)); setAnswer(undefined); }} name="claims" rows={8} spellcheck={false} autoComplete={false} /></div>
              </FormField>
            )}
            <FormField label={<>And asks for the role <i>– optional</i></>} description="CustomRoleArn: an app may choose among the roles that fit." stretch><RoleInput value={wish} set={(v) => { setWish(v); setAnswer(undefined); }} name="wish" /></FormField>
          </SpaceBetween>
        </Container>
      </form>
      <Failed fault={act.fault} />
      <div aria-live="polite">{answer && <Picture asked={answer.asked} answer={answer.answer} />}</div>
    </SpaceBetween>
  );
}

function claimsOf(text: string): string {
  const found = /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text.trim()) ? part(text.trim(), 1) : undefined;
  return found ? JSON.stringify(found, null, 2) : text;
}
