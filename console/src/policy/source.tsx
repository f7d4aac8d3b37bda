// One identity source: made or changed.
import {
  CreateIdentitySourceCommand, UpdateIdentitySourceCommand, type Configuration, type IdentitySourceItem, type OpenIdConnectTokenSelection,
} from '@aws-sdk/client-verifiedpermissions';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Textarea from '@cloudscape-design/components/textarea';
import Tiles from '@cloudscape-design/components/tiles';
import { useState } from 'react';
import { permissions } from '../aws';
import { lines } from '../page/clients';
import { Dialog } from '../part/dialog';
import type { Common } from './edit';

interface Draft {
  kind: string;
  arn: string;
  issuer: string;
  prefix: string;
  tokens: string;
  claim: string;
  audience: string;
  type: string;
  groupClaim: string;
  group: string;
}

function draft(s: IdentitySourceItem | undefined): Draft {
  const pool = s?.configuration?.cognitoUserPoolConfiguration;
  const open = s?.configuration?.openIdConnectConfiguration;
  const [access, id] = [open?.tokenSelection?.accessTokenOnly, open?.tokenSelection?.identityTokenOnly];
  return {
    kind: open ? 'openid' : 'pool', arn: pool?.userPoolArn ?? '', issuer: open?.issuer ?? '', prefix: open?.entityIdPrefix ?? '', tokens: access ? 'access' : 'id',
    claim: access?.principalIdClaim ?? id?.principalIdClaim ?? 'sub', audience: (pool?.clientIds ?? access?.audiences ?? id?.clientIds ?? []).join('\n'),
    type: s?.principalEntityType ?? 'User', groupClaim: open?.groupConfiguration?.groupClaim ?? '', group: open?.groupConfiguration?.groupEntityType ?? pool?.groupConfiguration?.groupEntityType ?? '',
  };
}

function configuration(d: Draft): Configuration {
  const group = d.group.trim();
  const of = lines(d.audience);
  if (d.kind === 'pool') {
    return { cognitoUserPoolConfiguration: { userPoolArn: d.arn.trim(), ...(of.length > 0 ? { clientIds: of } : {}), ...(group ? { groupConfiguration: { groupEntityType: group } } : {}) } };
  }
  const tokenSelection: OpenIdConnectTokenSelection = d.tokens === 'access'
    ? { accessTokenOnly: { principalIdClaim: d.claim.trim(), ...(of.length > 0 ? { audiences: of } : {}) } }
    : { identityTokenOnly: { principalIdClaim: d.claim.trim(), ...(of.length > 0 ? { clientIds: of } : {}) } };
  return {
    openIdConnectConfiguration: {
      issuer: d.issuer.trim(), ...(d.prefix.trim() ? { entityIdPrefix: d.prefix.trim() } : {}),
      ...(group && d.groupClaim.trim() ? { groupConfiguration: { groupClaim: d.groupClaim.trim(), groupEntityType: group } } : {}), tokenSelection,
    },
  };
}

export function EditSource({ store, source, close, done }: Common & { source: IdentitySourceItem | undefined }) {
  const [d, set] = useState(() => draft(source));
  const put = (part: Partial<Draft>) => set((was) => ({ ...was, ...part }));
  const open = d.kind === 'openid';
  const access = open && d.tokens === 'access';
  const half = open && (d.group.trim() === '') !== (d.groupClaim.trim() === '');
  const ready = d.type.trim() !== '' && !half && (open ? d.issuer.trim() !== '' && d.claim.trim() !== '' : d.arn.trim() !== '');
  const common = { policyStoreId: store, principalEntityType: d.type.trim() };
  const made = { ...common, configuration: configuration(d) };
  const changed = { ...common, identitySourceId: source?.identitySourceId ?? '', updateConfiguration: configuration(d) };
  const input = (name: keyof Draft, label: string, placeholder?: string) => <Input value={d[name]} onChange={(e) => put({ [name]: e.detail.value })} name={label} placeholder={placeholder} spellcheck={false} autoComplete={false} />;
  return (
    <Dialog
      title={source ? 'Edit identity source' : 'Add identity source'}
      submit={source ? 'Save' : 'Add identity source'}
      large
      ready={ready}
      change={() => (source ? permissions().send(new UpdateIdentitySourceCommand(changed)) : permissions().send(new CreateIdentitySourceCommand(made)))}
      said={source ? 'The identity source is saved.' : 'The identity source is there.'}
      close={close}
      done={done}
      cli={ready ? [source ? { service: 'verifiedpermissions', operation: 'UpdateIdentitySource', input: changed } : { service: 'verifiedpermissions', operation: 'CreateIdentitySource', input: made }] : undefined}
    >
      {!source && (
        <FormField label="Tokens of" stretch>
          <Tiles
            value={d.kind}
            onChange={(e) => put({ kind: e.detail.value })}
            ariaLabel="Tokens of"
            items={[{ value: 'pool', label: 'A user pool', description: 'Of this server.' }, { value: 'openid', label: 'An OpenID Connect issuer', description: 'Another one; its keys are found by discovery.' }]}
          />
        </FormField>
      )}
      {open ? (
        <>
          <FormField label="Issuer" description="As its discovery document spells it." stretch>{input('issuer', 'issuer', 'https://login.example.com')}</FormField>
          <FormField label="Which of its tokens"><RadioGroup value={d.tokens} onChange={(e) => put({ tokens: e.detail.value })} items={[{ value: 'id', label: 'ID tokens' }, { value: 'access', label: 'Access tokens', description: 'They must be JSON Web Tokens, and their claims are the context of a request.' }]} /></FormField>
          <FormField label={<>{access ? 'Audiences' : 'Clients'} <i>– optional</i></>} description="Only tokens for one of these, one a line." warningText={lines(d.audience).length === 0 ? 'Tokens that the issuer has made for others count, too.' : undefined} stretch><Textarea value={d.audience} onChange={(e) => put({ audience: e.detail.value })} name="client-ids" rows={2} spellcheck={false} /></FormField>
          <FormField label="Claim of the principal" description="Its value is the id of the principal.">{input('claim', 'principal-claim')}</FormField>
          <FormField label={<>Prefix of ids <i>– optional</i></>} description="It stands before the value, with a | between them, so that two issuers' people stay apart.">{input('prefix', 'prefix')}</FormField>
        </>
      ) : (
        <>
          <FormField label="ARN of the user pool" description="As the overview of the pool has it." stretch>{input('arn', 'pool-arn')}</FormField>
          <FormField label={<>Clients <i>– optional</i></>} description="Only tokens of these, one a line." stretch><Textarea value={d.audience} onChange={(e) => put({ audience: e.detail.value })} name="client-ids" rows={2} spellcheck={false} /></FormField>
        </>
      )}
      <FormField label="Type of principals">{input('type', 'principal-type')}</FormField>
      {open && <FormField label={<>Claim of the groups <i>– optional</i></>} description="A list, or words with spaces between them.">{input('groupClaim', 'group-claim', 'groups')}</FormField>}
      <FormField label={<>Type of groups <i>– optional</i></>} errorText={half ? 'The claim and the type of groups go together.' : undefined}>{input('group', 'group-type')}</FormField>
    </Dialog>
  );
}
