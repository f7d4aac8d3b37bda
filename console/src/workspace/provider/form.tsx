// The form of a connection: what the method needs, for how long something is kept, and the rest.
import Alert from '@cloudscape-design/components/alert';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { Id } from '../../part/shown';
import type { Template, Workspace } from '../types';
import { idOf } from '../words';
import { Advanced } from './advanced';
import type { Draft } from './draft';
import { Duration } from './duration';
import { atTheProvider, field, ordered } from './fields';
import { Secret, Setting, optional } from './setting';

export interface FormProps {
  template: Template;
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  /** Where the provider sends people back to. */
  redirect: string;
  /** By what the workspace's pool is known to SAML providers. */
  entity: string;
  made?: boolean;
}

/** By what the pool of a workspace is known to SAML providers; internal/federation/saml says so too. */
export const entityOf = (w: Workspace) => `urn:amazon:cognito:sp:${w.user_pool_id}`;

/** Whether the form has all that cannot be left out. */
export function complete(t: Template, d: Draft): boolean {
  return d.name.trim() !== '' && t.required.every((n) => String(d.settings[n] ?? '').trim() !== '') && (!d.cached || d.ttl > 0);
}

export function ConnectionForm(p: FormProps) {
  const { template: t, draft: d, set } = p;
  const plain = ordered(t.settings, t.required).filter((n) => t.required.includes(n) || !field(n).advanced);
  const setting = (n: string, value: string | boolean) => set({ settings: { ...d.settings, [n]: value, ...(n === 'pool_id' && !p.made ? { region: String(value).split('_')[0] ?? '' } : {}) } });
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" description={atTheProvider[t.method] ?? 'Tell the provider this address: it sends people back there, and to nowhere else.'}>At the provider</Header>}>
        <SpaceBetween size="m">
          <FormField label={t.method.startsWith('saml') ? 'Assertion consumer service URL' : 'Redirect URL'} stretch><div className="long"><Id>{p.redirect}</Id></div></FormField>
          {t.method.startsWith('saml') && <FormField label="Entity ID" description="By which the provider knows this server; also called audience." stretch><div className="long"><Id>{p.entity}</Id></div></FormField>}
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">The connection</Header>}>
        <SpaceBetween size="l">
          <FormField label="Name" description="People see it where they choose how to sign in.">
            <Input value={d.name} onChange={(e) => set({ name: e.detail.value, ...(p.made ? {} : { id: idOf(e.detail.value, '') }) })} name="connection-name" spellcheck={false} autoComplete={false} />
          </FormField>
          {!p.made && (
            <FormField label={optional('ID', false)} description="Small letters and digits; no two connections of this server have the same. It cannot be changed later: the users who come through are named by it, as ID_subject.">
              <Input value={d.id} onChange={(e) => set({ id: e.detail.value })} name="connection-id" spellcheck={false} autoComplete={false} />
            </FormField>
          )}
          {plain.map((n) => <Setting key={n} name={n} of={field(n)} needed={t.required.includes(n)} value={d.settings[n]} set={(v) => setting(n, v)} />)}
          {t.credentials.map((n) => <Secret key={n} name={n} made={p.made} value={d.credentials[n] ?? ''} set={(v) => set({ credentials: { ...d.credentials, [n]: v } })} />)}
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2" description="What the provider has said of a person is kept for the browser that they signed in with: other requests then do not go to the provider.">Authentication context caching</Header>}>
        <SpaceBetween size="m">
          <Toggle checked={d.cached} onChange={(e) => set({ cached: e.detail.checked })}>Keep what the provider has said</Toggle>
          {d.cached && <Duration label="Time to live" about="After that time the provider is asked again." seconds={d.ttl} change={(ttl) => set({ ttl })} />}
        </SpaceBetween>
      </Container>
      <Advanced template={t} draft={d} set={set} setting={setting} />
    </SpaceBetween>
  );
}

export function NoTemplate({ method }: { method: string }) {
  return <Alert type="error">This server has no template {method}.</Alert>;
}
