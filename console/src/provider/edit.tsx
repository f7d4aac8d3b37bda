// One identity provider: made or changed. Secrets go in and never come out: one that is left empty stays as it is.
import { CreateIdentityProviderCommand, UpdateIdentityProviderCommand, type IdentityProviderType, type IdentityProviderTypeType } from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FileInput from '@cloudscape-design/components/file-input';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { userPools } from '../aws';
import { lines } from '../page/clients';
import { Dialog } from '../part/dialog';
import { fieldsOf, kinds, shownDetails, type Field } from './kinds';

interface Row {
  attribute: string;
  claim: string;
}

const rows = (mapping: Record<string, string> | undefined): Row[] => Object.entries(mapping ?? {}).filter(([a]) => a !== 'username').map(([attribute, claim]) => ({ attribute, claim }));
const firsts = (kind: string) => Object.fromEntries(fieldsOf(kind).filter((f) => f.first).map((f) => [f.key, f.first ?? '']));

export function EditProvider({ pool, provider, attributes, close, done }: { pool: string; provider: IdentityProviderType | undefined; attributes: string[]; close: () => void; done: () => void }) {
  const [kind, setKind] = useState<string>(provider?.ProviderType ?? 'OIDC');
  const [name, setName] = useState(provider?.ProviderName ?? '');
  const [details, set] = useState<Record<string, string>>(provider ? visible(kind, provider.ProviderDetails) : firsts('OIDC'));
  const [mapping, setMapping] = useState<Row[]>(rows(provider?.AttributeMapping ?? kinds.OIDC?.mapping));
  const [domains, setDomains] = useState((provider?.IdpIdentifiers ?? []).join('\n'));
  const of = kinds[kind as IdentityProviderTypeType];
  const named = !of?.fixed;
  const common = {
    UserPoolId: pool,
    ProviderName: named ? name.trim() : kind,
    ProviderDetails: Object.fromEntries(Object.entries(details).filter(([, v]) => v !== '')),
    AttributeMapping: { ...Object.fromEntries(mapping.filter((r) => r.attribute && r.claim.trim()).map((r) => [r.attribute, r.claim.trim()])), ...(of?.subject ? { username: of.subject } : {}) },
    ...(lines(domains).length > 0 || provider?.IdpIdentifiers?.length ? { IdpIdentifiers: lines(domains) } : {}),
  };
  const input = provider ? common : { ...common, ProviderType: kind as IdentityProviderTypeType };
  const shown = { ...input, ProviderDetails: shownDetails(kind, input.ProviderDetails) };
  const fields = fieldsOf(kind);
  const rare = fields.filter((f) => f.below);
  const one = (f: Field) => <OneField key={kind + f.key} of={f} kept={provider !== undefined} value={details[f.key] ?? ''} set={(v) => set((was) => ({ ...was, [f.key]: v }))} />;
  const choose = (k: string) => {
    setKind(k);
    set(firsts(k));
    setMapping(rows(kinds[k as IdentityProviderTypeType]?.mapping));
  };
  return (
    <Dialog
      title={provider ? `Identity provider ${provider.ProviderName}` : 'Add identity provider'}
      submit={provider ? 'Save' : 'Add provider'}
      large
      ready={!named || name.trim() !== ''}
      change={() => (provider ? userPools().send(new UpdateIdentityProviderCommand(common)) : userPools().send(new CreateIdentityProviderCommand({ ...common, ProviderType: kind as IdentityProviderTypeType })))}
      said={provider ? 'The identity provider is saved.' : 'The identity provider is there.'}
      close={close}
      done={done}
      cli={[{ service: 'cognito-idp', operation: provider ? 'UpdateIdentityProvider' : 'CreateIdentityProvider', input: shown }]}
    >
      {!provider && <FormField label="Kind"><Select selectedOption={{ value: kind, label: of?.text }} options={Object.entries(kinds).map(([value, k]) => ({ value, label: k.text }))} onChange={(e) => choose(e.detail.selectedOption.value ?? 'OIDC')} expandToViewport /></FormField>}
      {!provider && named && <FormField label="Name" description="Apps name it so; it stays."><Input value={name} onChange={(e) => setName(e.detail.value)} name="provider" spellcheck={false} autoComplete={false} /></FormField>}
      {fields.filter((f) => !f.below).map(one)}
      {rare.length > 0 && <ExpandableSection headerText={rare[0]?.below} headerDescription="It then needs all of these." defaultExpanded={rare.some((f) => details[f.key])}><SpaceBetween size="m">{rare.map(one)}</SpaceBetween></ExpandableSection>}
      <FormField label="Attributes" description="What the provider says becomes an attribute of the user, at every sign-in." stretch>
        <AttributeEditor
          items={mapping}
          addButtonText="Map another"
          removeButtonText="Remove"
          removeButtonAriaLabel={(r) => `Remove ${r.attribute}`}
          empty="Nothing is taken over."
          onAddButtonClick={() => setMapping([...mapping, { attribute: '', claim: '' }])}
          onRemoveButtonClick={(e) => setMapping(mapping.filter((_, i) => i !== e.detail.itemIndex))}
          definition={[
            { label: 'Attribute', control: (r, i) => <Select selectedOption={r.attribute ? { value: r.attribute, label: r.attribute } : null} options={attributes.map((value) => ({ value, label: value }))} onChange={(e) => setMapping(mapping.map((x, j) => (j === i ? { ...x, attribute: e.detail.selectedOption.value ?? '' } : x)))} placeholder="Choose" filteringType="auto" filteringAriaLabel="Search" expandToViewport /> },
            { label: kind === 'SAML' ? 'Name in the assertion' : 'Claim', control: (r, i) => <Input value={r.claim} onChange={(e) => setMapping(mapping.map((x, j) => (j === i ? { ...x, claim: e.detail.value } : x)))} spellcheck={false} autoComplete={false} /> },
          ]}
        />
      </FormField>
      <FormField label={<>Domains of addresses <i>– optional</i></>} description="People whose email address ends so are led there. One a line."><Textarea value={domains} onChange={(e) => setDomains(e.detail.value)} name="identifiers" rows={2} placeholder="example.com" spellcheck={false} /></FormField>
      <Alert type="info">
        <SpaceBetween size="xxs">
          <span>{kind === 'SAML' ? <>The provider has to know: sign-on (ACS) <code>/saml2/idpresponse</code> below the pool&apos;s domain, audience <code>urn:amazon:cognito:sp:{pool}</code>.</> : <>Register <code>/oauth2/idpresponse</code> below the pool&apos;s domain at the provider.</>} Without a domain that is <code>{location.origin}/{pool}{kind === 'SAML' ? '/saml2' : '/oauth2'}/idpresponse</code>.</span>
          <span>App clients let its people in once they name it among their identity providers.</span>
        </SpaceBetween>
      </Alert>
    </Dialog>
  );
}

// What may be shown of the details that there are.
function visible(kind: string, details: Record<string, string> | undefined): Record<string, string> {
  const hidden = new Set(fieldsOf(kind).filter((f) => f.secret).map((f) => f.key));
  return Object.fromEntries(Object.entries(details ?? {}).filter(([k]) => !hidden.has(k)));
}

function OneField({ of: f, value, kept, set }: { of: Field; value: string; kept: boolean; set: (v: string) => void }) {
  const label = f.optional && !f.yes ? <>{f.text} <i>– optional</i></> : f.text;
  if (f.yes) return <Toggle checked={value === 'true'} onChange={(e) => set(e.detail.checked ? 'true' : 'false')} description={f.about}>{f.text}</Toggle>;
  if (f.choices) {
    const options = f.choices.map((c) => ({ value: c, label: c || 'No' }));
    return <FormField label={label} description={f.about}><Select selectedOption={options.find((o) => o.value === value) ?? options[0] ?? null} options={options} onChange={(e) => set(e.detail.selectedOption.value ?? '')} expandToViewport /></FormField>;
  }
  const about = f.secret && kept ? 'Not shown. Left empty, it stays as it is.' : f.about;
  if (f.file) {
    return (
      <FormField label={label} description={about} stretch>
        <SpaceBetween size="xs">
          <Textarea value={value} onChange={(e) => set(e.detail.value)} name={f.key} rows={3} spellcheck={false} autoComplete={false} ariaLabel={f.text} />
          <FileInput value={[]} accept={f.file} onChange={(e) => void e.detail.value[0]?.text().then(set)} ariaLabel={`Take a file for ${f.text.toLowerCase()}`}>Take a file</FileInput>
        </SpaceBetween>
      </FormField>
    );
  }
  return <FormField label={label} description={about}><Input value={value} onChange={(e) => set(e.detail.value)} name={f.key} type={f.secret ? 'password' : 'text'} spellcheck={false} autoComplete={false} /></FormField>;
}
