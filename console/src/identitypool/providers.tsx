// Whose tokens count in an identity pool.
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { same, type Edit } from '../edit';
import { lines } from '../page/clients';
import { useAbout } from '../part/about';
import { Destroy, Dialog } from '../part/dialog';
import { known, List } from '../part/list';
import { Empty, YesNo } from '../part/shown';
import { Two } from '../part/two';
import { Developer } from './create';
import type { Common } from './overview';
import { describe, keyOf, mappings, providers, publicProviders, rolesOf, settings, type Provider, type Whole } from './pool';
import { asProvider, noPool, UserPoolFields } from './userpool';

export function Providers({ of, again }: Common) {
  const [act, setAct] = useState<'add' | { edit: Provider } | { end: Provider }>();
  const close = () => setAct(undefined);
  const add = <Button variant="primary" onClick={() => setAct('add')}>Add provider</Button>;
  return (
    <>
      <List
        title="Providers"
        about="Who has a token of one of them has signed in."
        of={known(providers(of.pool))}
        still
        id={(p) => p.names[0] ?? ''}
        text={(p) => `${p.kind} ${p.text} ${p.login} ${p.about}`}
        columns={[
          { id: 'name', header: 'Provider', by: (p) => p.text, cell: (p) => <Two top={p.text} below={p.login} /> },
          { id: 'kind', header: 'Kind', by: (p) => p.kind, cell: (p) => p.kind },
          { id: 'about', header: 'What counts', cell: (p) => <span className="long">{p.about}</span> },
          { id: 'check', header: 'Looked up', minWidth: 110, cell: (p) => (p.kind === 'user pool' ? <YesNo value={p.check} yes="Yes" no="No" /> : '–') },
          { id: 'act', header: 'Change', cell: (p) => (
            <SpaceBetween direction="horizontal" size="xs">
              {(p.kind === 'user pool' || p.kind === 'public') && <Button variant="inline-link" ariaLabel={`Edit ${p.text} ${p.client ?? ''}`.trim()} onClick={() => setAct({ edit: p })}>Edit</Button>}
              {p.kind === 'developer' ? '–' : <Button variant="inline-link" ariaLabel={`Remove ${p.text} ${p.client ?? ''}`.trim()} onClick={() => setAct({ end: p })}>Remove</Button>}
            </SpaceBetween>
          ) },
        ]}
        actions={add}
        empty={<Empty title="There are no providers" action={add}>Without one only guests can come, if they may.</Empty>}
      />
      {act === 'add' && <Add of={of} close={close} done={again} />}
      {typeof act === 'object' && 'edit' in act && <EditOne of={of} provider={act.edit} close={close} done={again} />}
      {typeof act === 'object' && 'end' in act && <End of={of} provider={act.end} close={close} done={again} />}
    </>
  );
}

interface Open {
  of: Whole;
  close: () => void;
  done: () => void;
}

const kinds = [
  { value: 'pool', label: 'User pool' },
  { value: 'oidc', label: 'OpenID Connect' },
  { value: 'saml', label: 'SAML 2.0' },
  ...Object.entries(publicProviders).map(([value, label]) => ({ value, label })),
  { value: 'developer', label: 'Your own backend' },
];

function Add({ of: { pool }, close, done }: Open) {
  const account = useAbout()?.account ?? '000000000000';
  const [kind, setKind] = useState('pool');
  const [chosen, setChosen] = useState(noPool);
  const [text, setText] = useState('');
  const options = kinds.filter((k) => (k.value === 'developer' ? !pool.DeveloperProviderName : !pool.SupportedLoginProviders?.[k.value]));
  const said = text.trim();
  const saml = said.startsWith('arn:') ? said : `arn:aws:iam::${account}:saml-provider/${said}`;
  const oidc = said.startsWith('arn:') ? said : `arn:aws:iam::${account}:oidc-provider/${said.replace(/^https?:\/\//, '').replace(/\/$/, '')}`;
  const edits: Record<string, Edit> = {
    pool: { at: ['CognitoIdentityProviders'], add: asProvider(chosen) },
    oidc: { at: ['OpenIdConnectProviderARNs'], add: oidc },
    saml: { at: ['SamlProviderARNs'], add: saml },
    developer: { at: ['DeveloperProviderName'], set: said },
  };
  const change = settings(pool, [edits[kind] ?? { at: ['SupportedLoginProviders', kind], set: lines(text).join(';') }]);
  const ready = kind === 'pool' ? chosen.pool.trim() !== '' && chosen.client.trim() !== '' : said !== '';
  return (
    <Dialog title="Add provider" submit="Add provider" large ready={ready} change={change.make} said="The provider is there." close={close} done={done} cli={ready ? change.calls : undefined}>
      <FormField label="Kind"><Select selectedOption={options.find((o) => o.value === kind) ?? null} options={options} onChange={(e) => { setKind(e.detail.selectedOption.value ?? 'pool'); setText(''); }} expandToViewport /></FormField>
      {kind === 'pool' && <UserPoolFields value={chosen} set={setChosen} />}
      {kind === 'oidc' && <FormField label="Issuer or ARN" description="One that the server's configuration names (oidc_providers), with the clients whose tokens count." constraintText={said && !said.startsWith('arn:') ? oidc : undefined} stretch><Input value={text} onChange={(e) => setText(e.detail.value)} name="oidc" placeholder="https://login.example.com" spellcheck={false} autoComplete={false} /></FormField>}
      {kind === 'saml' && <FormField label="Name or ARN" description="One that the server's configuration names (saml_providers)." constraintText={said && !said.startsWith('arn:') ? saml : undefined} stretch><Input value={text} onChange={(e) => setText(e.detail.value)} name="saml" placeholder="staff" spellcheck={false} autoComplete={false} /></FormField>}
      {kind in publicProviders && <ClientIds of={kind} value={text} set={setText} />}
      {kind === 'developer' && <Developer value={text} set={setText} />}
    </Dialog>
  );
}

function ClientIds({ of, value, set }: { of: string; value: string; set: (v: string) => void }) {
  return (
    <FormField label="Client IDs" description={`Of your apps at ${publicProviders[of] ?? of}: tokens for others do not count. One a line.`} stretch>
      <Textarea value={value} onChange={(e) => set(e.detail.value)} name="client-ids" rows={2} spellcheck={false} />
    </FormField>
  );
}

function EditOne({ of: { pool }, provider: p, close, done }: Open & { provider: Provider }) {
  const [check, setCheck] = useState(p.check ?? false);
  const [ids, setIds] = useState((pool.SupportedLoginProviders?.[p.login] ?? '').split(';').join('\n'));
  const was = pool.CognitoIdentityProviders?.find((c) => c.ProviderName === p.login && c.ClientId === p.client);
  const change = settings(pool, p.kind === 'public'
    ? [{ at: ['SupportedLoginProviders', p.login], set: lines(ids).join(';') }]
    : [{ at: ['CognitoIdentityProviders'], swap: was, by: { ...was, ServerSideTokenCheck: check } }]);
  return (
    <Dialog title={p.text} submit="Save" ready={p.kind !== 'public' || lines(ids).length > 0} change={change.make} said="The provider is saved." close={close} done={done} cli={change.calls}>
      {p.kind === 'public' ? <ClientIds of={p.login} value={ids} set={setIds} /> : (
        <Toggle checked={check} onChange={(e) => setCheck(e.detail.checked)} description={`A token for ${p.client} counts no more once it was revoked, or its user was signed out, disabled or deleted.`}>Look tokens up in the user pool</Toggle>
      )}
    </Dialog>
  );
}

/** The edits that take a provider out, of what there is: none where somebody else has done so. */
function without(pool: Whole['pool'], p: Provider): Edit[] {
  const c = pool.CognitoIdentityProviders?.find((x) => x.ProviderName === p.login && x.ClientId === p.client);
  if (p.kind === 'user pool') return c ? [{ at: ['CognitoIdentityProviders'], drop: c }] : [];
  if (p.kind === 'public') return [{ at: ['SupportedLoginProviders', p.login], unset: true }];
  const list = p.kind === 'SAML' ? 'SamlProviderARNs' : 'OpenIdConnectProviderARNs';
  return pool[list]?.some((x) => same(x, p.login)) ? [{ at: [list], drop: p.login }] : [];
}

/** First the provider goes, then its role mapping: in between nobody comes by it. What has been done is not done again on a second try. */
function End({ of, provider: p, close, done }: Open & { provider: Provider }) {
  const id = of.pool.IdentityPoolId ?? '';
  const key = keyOf(p, of.roles);
  const mapped = of.roles.RoleMappings[key] !== undefined;
  const unmap: Edit[] = [{ at: ['RoleMappings', key], unset: true }];
  const calls = [...settings(of.pool, without(of.pool, p)).calls, ...(mapped ? mappings(id, of.roles, unmap).calls : [])];
  const make = async () => {
    const now = await describe(id);
    await settings(now, without(now, p)).make();
    const roles = await rolesOf(id);
    if (roles.RoleMappings[key]) await mappings(id, roles, unmap).make();
  };
  return (
    <Destroy title={`Remove ${p.text}`} submit="Remove" name={p.client ?? p.text} change={make} said="The provider was removed." close={close} done={done} cli={calls}>
      Its tokens count no more, and nobody reaches an identity by them. Credentials that were given out are good until they end.
      {mapped && ' Its role mapping goes with it.'}
    </Destroy>
  );
}
