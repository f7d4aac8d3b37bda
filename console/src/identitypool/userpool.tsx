// The user pool and the app client whose tokens count: chosen among those of the Region, or typed.
import { ListUserPoolsCommand, type UserPoolDescriptionType } from '@aws-sdk/client-cognito-identity-provider';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import FormField from '@cloudscape-design/components/form-field';
import Toggle from '@cloudscape-design/components/toggle';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { every } from '../every';
import { Failed } from '../part/shown';
import { clientsOf } from '../pool/look';
import { providerOf } from './pool';

export interface ChosenPool {
  pool: string;
  client: string;
  check: boolean;
}

export const noPool: ChosenPool = { pool: '', client: '', check: true };

/** What the API takes for it. */
export function asProvider(c: ChosenPool) {
  return { ProviderName: providerOf(c.pool.trim()), ClientId: c.client.trim(), ServerSideTokenCheck: c.check };
}

async function poolsOf(): Promise<UserPoolDescriptionType[]> {
  return every<UserPoolDescriptionType>(async (next) => {
    const answer = await userPools().send(new ListUserPoolsCommand({ MaxResults: 60, NextToken: next }));
    return [answer.UserPools, answer.NextToken];
  }, 600);
}

export function UserPoolFields({ value, set, optional }: { value: ChosenPool; set: (v: ChosenPool) => void; optional?: boolean }) {
  const pools = useAsk(poolsOf, []);
  const known = pools.data?.some((p) => p.Id === value.pool) ?? false;
  const clients = useAsk(async () => (known ? clientsOf(value.pool) : []), [known, known ? value.pool : '']);
  const also = optional ? <i> – optional</i> : null;
  return (
    <>
      <Failed fault={pools.fault} again={pools.again} />
      <FormField label={<>User pool{also}</>} description="Its people sign in here with their ID tokens.">
        <Autosuggest value={value.pool} onChange={(e) => set({ ...value, pool: e.detail.value })} options={(pools.data ?? []).map((p) => ({ value: p.Id ?? '', description: p.Name }))} enteredTextLabel={(v) => `Take ${v}`} placeholder="us-east-1_AbCd12345" empty="There are no user pools in this Region" clearAriaLabel="Clear" disableBrowserAutocorrect expandToViewport />
      </FormField>
      {(!optional || value.pool) && (
        <>
          <FormField label="App client" description="Tokens for another one do not count.">
            <Autosuggest value={value.client} onChange={(e) => set({ ...value, client: e.detail.value })} options={(clients.data ?? []).map((c) => ({ value: c.ClientId ?? '', description: c.ClientName }))} enteredTextLabel={(v) => `Take ${v}`} empty="The pool has no app clients" clearAriaLabel="Clear" disableBrowserAutocorrect expandToViewport />
          </FormField>
          <Toggle checked={value.check} onChange={(e) => set({ ...value, check: e.detail.checked })} description="A token counts no more once it was revoked, or its user was signed out, disabled or deleted.">Look tokens up in the user pool</Toggle>
        </>
      )}
    </>
  );
}
