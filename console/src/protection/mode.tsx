// Whether a pool watches over its sign-ins, and whether it also acts.
import { UpdateUserPoolCommand, type AdvancedSecurityModeType, type UserPoolType } from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import { useState } from 'react';
import { userPools } from '../aws';
import { Dialog } from '../part/dialog';
import { whole } from '../pool/whole';

export const modes: Record<string, { label: string; description: string }> = {
  OFF: { label: 'Off', description: 'Nothing is judged or remembered.' },
  AUDIT: { label: 'Watches', description: 'Sign-ins are judged and remembered; nobody is stopped.' },
  ENFORCED: { label: 'Acts', description: 'What is set below is done.' },
};

export function Mode({ pool, close, done }: { pool: UserPoolType; close: () => void; done: () => void }) {
  const [mode, setMode] = useState<string>(pool.UserPoolAddOns?.AdvancedSecurityMode ?? 'OFF');
  const lift = mode !== 'OFF' && pool.UserPoolTier !== 'PLUS';
  const input = whole(pool, { UserPoolAddOns: { ...pool.UserPoolAddOns, AdvancedSecurityMode: mode as AdvancedSecurityModeType }, ...(lift ? { UserPoolTier: 'PLUS' as const } : {}) });
  return (
    <Dialog title="Threat protection" submit="Save" change={() => userPools().send(new UpdateUserPoolCommand(input))} said="The mode is saved." close={close} done={done} cli={[{ service: 'cognito-idp', operation: 'UpdateUserPool', input }]}>
      <FormField label="Threat protection"><RadioGroup value={mode} onChange={(e) => setMode(e.detail.value)} items={Object.entries(modes).map(([value, m]) => ({ value, ...m }))} /></FormField>
      {lift && <Alert type="info">It belongs to the tier PLUS: the pool, of the tier {pool.UserPoolTier ?? 'ESSENTIALS'} now, is moved there.</Alert>}
    </Dialog>
  );
}
