// What is done about stolen passwords, suspicious sign-ins, and addresses that are known.
import { SetRiskConfigurationCommand, type EventFilterType, type RiskConfigurationType } from '@aws-sdk/client-cognito-identity-provider';
import Box from '@cloudscape-design/components/box';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { userPools } from '../aws';
import { Dialog } from '../part/dialog';
import { actions, draftOf, events, levels, requestOf, type Draft } from './config';

const stolen = [
  { value: '', label: 'Do not look' },
  { value: 'NO_ACTION', label: 'Remember it' },
  { value: 'BLOCK', label: 'Block' },
];

export function EditRisk({ pool, client, name, config, close, done }: { pool: string; client: string | undefined; name: string; config: RiskConfigurationType | undefined; close: () => void; done: () => void }) {
  const [d, set] = useState<Draft>(draftOf(config));
  const input = requestOf(pool, client, d, config);
  const mails = config?.AccountTakeoverRiskConfiguration?.NotifyConfiguration !== undefined;
  return (
    <Dialog title={`What is done for ${name}`} submit="Save" large ready={d.stolen === '' || d.when.length > 0} change={() => userPools().send(new SetRiskConfigurationCommand(input))} said="The risk configuration is saved." close={close} done={done} cli={[{ service: 'cognito-idp', operation: 'SetRiskConfiguration', input }]}>
      <SpaceBetween size="l">
        <div>
          <Box variant="h3">Passwords that were stolen elsewhere</Box>
          <SpaceBetween size="xs">
            <FormField label="When one is used"><Select selectedOption={stolen.find((o) => o.value === d.stolen) ?? null} options={config?.CompromisedCredentialsRiskConfiguration ? stolen.slice(1) : stolen} onChange={(e) => set({ ...d, stolen: (e.detail.selectedOption.value ?? '') as Draft['stolen'] })} expandToViewport /></FormField>
            {d.stolen !== '' && <div>{(Object.keys(events) as EventFilterType[]).map((k) => <Checkbox key={k} checked={d.when.includes(k)} onChange={(e) => set({ ...d, when: e.detail.checked ? [...d.when, k] : d.when.filter((x) => x !== k) })}>when {events[k]}</Checkbox>)}</div>}
          </SpaceBetween>
        </div>
        <div>
          <Box variant="h3">Sign-ins that look like somebody else</Box>
          <SpaceBetween size="xs">
            {levels.map((l) => {
              const now = d.takeover[l];
              const options = [{ value: '', label: 'Nothing is set' }, ...Object.entries(actions).map(([value, a]) => ({ value, ...a }))];
              const put = (change: Partial<typeof now>) => set({ ...d, takeover: { ...d.takeover, [l]: { ...now, ...change } } });
              return (
                <FormField key={l} label={`${l} risk`}>
                  <Select selectedOption={options.find((o) => o.value === now.action) ?? null} options={options} onChange={(e) => put({ action: e.detail.selectedOption.value ?? '' })} expandToViewport />
                  {mails && now.action !== '' && <Checkbox checked={now.notify} onChange={(e) => put({ notify: e.detail.checked })}>Tell the user by email</Checkbox>}
                </FormField>
              );
            })}
          </SpaceBetween>
        </div>
        <div>
          <Box variant="h3">Addresses</Box>
          <SpaceBetween size="xs">
            <FormField label="Always blocked" description="Networks as CIDR, one a line." stretch><Textarea value={d.blocked} onChange={(e) => set({ ...d, blocked: e.detail.value })} name="blocked" rows={3} placeholder="203.0.113.0/24" spellcheck={false} /></FormField>
            <FormField label="Never judged" description="Those of one's own offices, say." stretch><Textarea value={d.skipped} onChange={(e) => set({ ...d, skipped: e.detail.value })} name="skipped" rows={3} placeholder="192.0.2.0/24" spellcheck={false} /></FormField>
          </SpaceBetween>
        </div>
      </SpaceBetween>
    </Dialog>
  );
}
