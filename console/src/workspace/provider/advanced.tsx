// What most connections leave as it is.
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import type { Template } from '../types';
import { proofs } from '../words';
import type { Draft } from './draft';
import { field, ordered } from './fields';
import { Setting, optional } from './setting';

export function Advanced(p: { template: Template; draft: Draft; set: (change: Partial<Draft>) => void; setting: (name: string, value: string | boolean) => void }) {
  const { template: t, draft: d, set } = p;
  const names = ordered(t.settings, t.required).filter((n) => !t.required.includes(n) && field(n).advanced);
  const ways = [...new Set([...Object.keys(proofs), ...d.proofs])].map((value) => ({ value, label: value, description: proofs[value] ?? 'Of this provider' }));
  return (
    <ExpandableSection headerText="Advanced settings" variant="container" headerDescription="How people are found, what the provider is asked, and who sees the connection.">
      <SpaceBetween size="l">
        <FormField label={optional('Authentication method reference (amr)', false)} description="How people prove who they are at this provider. It takes the place of what the provider says, or is it where the provider says nothing.">
          <Multiselect
            selectedOptions={ways.filter((w) => d.proofs.includes(w.value))}
            options={ways}
            onChange={(e) => set({ proofs: e.detail.selectedOptions.map((o) => o.value ?? '') })}
            placeholder="As the provider says"
            filteringType="auto"
            deselectAriaLabel={(o) => `Remove ${o.label}`}
            ariaLabel="Authentication method reference"
          />
        </FormField>
        {names.map((n) => <Setting key={n} name={n} of={field(n)} needed={false} value={d.settings[n]} set={(v) => p.setting(n, v)} />)}
        {d.settings.get_user_info === true && (
          <Toggle checked={d.carryOn} description="Otherwise the sign-in ends with an error." onChange={(e) => set({ carryOn: e.detail.checked })}>Go on without user info when it cannot be had</Toggle>
        )}
        <FormField label={optional('Domains of addresses', false)} description="With spaces between. Who types an address of one of them is sent here, once discovery is on for the workspace (idp_discovery).">
          <Input value={d.domains} onChange={(e) => set({ domains: e.detail.value })} name="domains" placeholder="example.com" spellcheck={false} autoComplete={false} />
        </FormField>
        <Toggle checked={d.instant} description="An app that already knows the address (login_hint) need not show a page." onChange={(e) => set({ instant: e.detail.checked })}>Send people there at once by their address</Toggle>
        <Toggle checked={d.fallback} description="Whose address has a domain that no connection has." onChange={(e) => set({ fallback: e.detail.checked })}>Send everybody else here</Toggle>
        <Toggle checked={d.alone} description="Who has signed in through it is asked again by each app." onChange={(e) => set({ alone: e.detail.checked })}>Leave it out of single sign-on</Toggle>
        <Toggle checked={d.hidden} description="No page offers it. An app that names it (idp_hint) gets there." onChange={(e) => set({ hidden: e.detail.checked })}>Hidden</Toggle>
        <Toggle checked={d.disabled} description="It lets nobody in, not even who is on the way, and ends refreshes." onChange={(e) => set({ disabled: e.detail.checked })}>Disabled</Toggle>
        <FormField label="Place in the list" description="Lower numbers stand first where people choose.">
          <Input value={d.order} onChange={(e) => set({ order: e.detail.value })} type="number" name="display-order" autoComplete={false} />
        </FormField>
      </SpaceBetween>
    </ExpandableSection>
  );
}
