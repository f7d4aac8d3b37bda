// A request to try against the policies of a store.
import { IsAuthorizedCommand, type IsAuthorizedCommandInput, type IsAuthorizedCommandOutput } from '@aws-sdk/client-verifiedpermissions';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { useDo } from '../ask';
import { permissions } from '../aws';
import { Effect } from '../decision/picture';
import { Cli } from '../part/dialog';
import { Failed } from '../part/shown';
import { parse } from './edit';

export function Test({ store }: { store: string }) {
  const [principal, setPrincipal] = useState('');
  const [action, setAction] = useState('');
  const [resource, setResource] = useState('');
  const [entities, setEntities] = useState('');
  const [answer, setAnswer] = useState<{ out: IsAuthorizedCommandOutput; input: IsAuthorizedCommandInput }>();
  const act = useDo();

  function request(): IsAuthorizedCommandInput {
    const [p, a, r] = [parse(principal), parse(action), parse(resource)];
    return {
      policyStoreId: store, principal: { entityType: p.type, entityId: p.id }, action: { actionType: a.type, actionId: a.id }, resource: { entityType: r.type, entityId: r.id },
      ...(entities.trim() ? { entities: { cedarJson: entities } } : {}),
    };
  }
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        setAnswer(undefined);
        void act.run(async () => {
          const input = request();
          setAnswer({ input, out: await permissions().send(new IsAuthorizedCommand(input)) });
        });
      }}
    >
      <Container header={<Header variant="h2">Try a request</Header>} footer={<Button variant="primary" formAction="submit" loading={act.busy} disabled={!principal || !action || !resource}>Ask</Button>}>
        <SpaceBetween size="m">
          <FormField label="Principal"><Input value={principal} onChange={(e) => setPrincipal(e.detail.value)} name="principal" placeholder='User::"alice"' spellcheck={false} autoComplete={false} /></FormField>
          <FormField label="Action"><Input value={action} onChange={(e) => setAction(e.detail.value)} name="action" placeholder='Action::"read"' spellcheck={false} autoComplete={false} /></FormField>
          <FormField label="Resource"><Input value={resource} onChange={(e) => setResource(e.detail.value)} name="resource" placeholder='Document::"1"' spellcheck={false} autoComplete={false} /></FormField>
          <FormField label={<>Entities <i>– optional</i></>} description="What the policies may look at, as Cedar's JSON." stretch><Textarea value={entities} onChange={(e) => setEntities(e.detail.value)} name="entities" rows={3} spellcheck={false} /></FormField>
          <Failed fault={act.fault} />
          {answer && (
            <div role="status">
              <SpaceBetween size="s">
                <Effect effect={answer.out.decision === 'ALLOW' ? 'EFFECT_ALLOW' : 'EFFECT_DENY'} large />
                <div>{answer.out.determiningPolicies?.length ? <>Decided by {answer.out.determiningPolicies.map((p) => p.policyId).join(', ')}.</> : 'No policy held: what nobody permits is denied.'}</div>
                {answer.out.errors?.map((e) => <Alert key={e.errorDescription} type="warning">{e.errorDescription}</Alert>)}
                <Cli calls={[{ service: 'verifiedpermissions', operation: 'IsAuthorized', input: answer.input }]} />
              </SpaceBetween>
            </div>
          )}
        </SpaceBetween>
      </Container>
    </form>
  );
}
