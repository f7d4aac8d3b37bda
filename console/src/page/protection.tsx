// Threat protection: how dangerous a sign-in looks, and what is done then; for the pool, or for one client.
import { DescribeRiskConfigurationCommand, DescribeUserPoolCommand, SetRiskConfigurationCommand, type RiskConfigurationType } from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { Dialog } from '../part/dialog';
import { Page, Shown, When, YesNo } from '../part/shown';
import { clientsOf } from '../pool/look';
import { actions, events, levels, unset } from '../protection/config';
import { EditRisk } from '../protection/edit';
import { Mode, modes } from '../protection/mode';
import { go } from '../route';

export default function Protection({ pool, query }: { pool: string; query: URLSearchParams }) {
  const asked = useAsk(async () => {
    const [clients, described] = await Promise.all([clientsOf(pool), userPools().send(new DescribeUserPoolCommand({ UserPoolId: pool }))]);
    return { clients, pool: described.UserPool ?? {} };
  }, [pool]);
  const [act, setAct] = useState(false);
  return (
    <Page title="Protection" about="How dangerous a sign-in looks, and what is done then.">
      <Shown of={asked}>
        {({ clients, pool: p }) => {
          const mode = p.UserPoolAddOns?.AdvancedSecurityMode ?? 'OFF';
          const client = clients.find((c) => c.ClientId === query.get('client'));
          const options = [{ value: '', label: 'The pool', description: 'All clients without a configuration of their own' }, ...clients.map((c) => ({ value: c.ClientId ?? '', label: c.ClientName, description: c.ClientId }))];
          return (
            <SpaceBetween size="l">
              <Container header={<Header variant="h2" actions={<Button ariaLabel="Edit the mode" onClick={() => setAct(true)}>Edit</Button>}>Threat protection</Header>}>
                <KeyValuePairs
                  columns={3}
                  items={[
                    { label: 'Mode', value: <YesNo value={mode !== 'OFF'} yes={modes[mode]?.label} /> },
                    { label: 'That means', value: modes[mode]?.description },
                    { label: 'Tier of the pool', value: p.UserPoolTier ?? 'ESSENTIALS' },
                  ]}
                />
              </Container>
              {mode !== 'OFF' && <FormField label="What is done for"><Select selectedOption={options.find((o) => o.value === (client?.ClientId ?? '')) ?? null} options={options} onChange={(e) => go(['pools', pool, 'protection'], { client: e.detail.selectedOption.value ?? '' })} /></FormField>}
              {mode !== 'OFF' && <Risk key={client?.ClientId ?? ''} pool={pool} client={client?.ClientId} name={client?.ClientName ?? 'the pool'} off={mode !== 'ENFORCED'} />}
              {act && <Mode pool={p} close={() => setAct(false)} done={asked.again} />}
            </SpaceBetween>
          );
        }}
      </Shown>
    </Page>
  );
}

function Risk({ pool, client, name, off }: { pool: string; client: string | undefined; name: string; off: boolean }) {
  const here = { UserPoolId: pool, ...(client ? { ClientId: client } : {}) };
  const asked = useAsk(async () => (await userPools().send(new DescribeRiskConfigurationCommand(here))).RiskConfiguration ?? {}, [pool, client]);
  const [act, setAct] = useState<'edit' | 'reset'>();
  const common = { close: () => setAct(undefined), done: asked.again };
  return (
    <Shown of={asked}>
      {(c) => (
        <>
          <Container
            header={
              <Header
                variant="h2"
                description={unset(c) ? (client ? 'Nothing of its own: what is set for the pool counts.' : 'Nothing is set yet: nothing is done.') : <>Changed <When at={c.LastModifiedDate} /></>}
                actions={<SpaceBetween direction="horizontal" size="xs"><Button disabled={unset(c)} onClick={() => setAct('reset')}>Reset</Button><Button variant="primary" ariaLabel="Edit what is done" onClick={() => setAct('edit')}>Edit</Button></SpaceBetween>}
              >
                What is done
              </Header>
            }
          >
            <SpaceBetween size="m">
              {off && !unset(c) && <Alert type="info">Threat protection does not act: this is what would be done.</Alert>}
              <Done of={c} />
            </SpaceBetween>
          </Container>
          {act === 'edit' && <EditRisk {...common} pool={pool} client={client} name={name} config={c} />}
          {act === 'reset' && <Dialog {...common} title={`Reset what is done for ${name}?`} submit="Reset" change={() => userPools().send(new SetRiskConfigurationCommand(here))} said="Nothing is set any more." cli={[{ service: 'cognito-idp', operation: 'SetRiskConfiguration', input: here }]}>{client ? 'What is set for the pool counts for it again.' : 'Nothing is done about risky sign-ins then.'}</Dialog>}
        </>
      )}
    </Shown>
  );
}

function Done({ of: c }: { of: RiskConfigurationType }) {
  const compromised = c.CompromisedCredentialsRiskConfiguration;
  const when = compromised?.EventFilter?.length ? compromised.EventFilter.map((e) => events[e]).join(', ') : 'always';
  const at = (l: (typeof levels)[number]) => {
    const a = c.AccountTakeoverRiskConfiguration?.Actions?.[`${l}Action`];
    return a ? <>{actions[a.EventAction ?? '']?.label ?? a.EventAction}{a.Notify ? ', and tell the user' : ''}</> : 'nothing is set';
  };
  return (
    <KeyValuePairs
      columns={3}
      items={[
        ...levels.map((l) => ({ label: `${l} risk`, value: at(l) })),
        { label: 'A stolen password', value: compromised ? <>{compromised.Actions?.EventAction === 'BLOCK' ? 'Block' : 'Remember it'}: {when}</> : 'is not looked at' },
        { label: 'Always blocked', value: c.RiskExceptionConfiguration?.BlockedIPRangeList?.join(', ') || 'no address' },
        { label: 'Never judged', value: c.RiskExceptionConfiguration?.SkippedIPRangeList?.join(', ') || 'no address' },
      ]}
    />
  );
}
