// How the tokens of one provider lead to roles.
import type { MappingRule, MappingRuleMatchType, RoleMapping } from '@aws-sdk/client-cognito-identity';
import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { Dialog } from '../part/dialog';
import { mappings, matches, type Provider, type Roles } from './pool';
import { RoleInput } from './roleinput';

const most = 25; // rules of a provider, as the API has it
const ways = Object.entries(matches).map(([value, label]) => ({ value, label }));

interface Rule {
  claim: string;
  match: MappingRuleMatchType;
  value: string;
  role: string;
}

const empty: Rule = { claim: '', match: 'Equals', value: '', role: '' };
const shown = (r: MappingRule): Rule => ({ claim: r.Claim ?? '', match: r.MatchType ?? 'Equals', value: r.Value ?? '', role: r.RoleARN ?? '' });
const asked = (r: Rule): MappingRule => ({ Claim: r.claim.trim(), MatchType: r.match, Value: r.value, RoleARN: r.role.trim() });

interface Props {
  id: string;
  roles: Roles;
  /** The key of the mapping. */
  of: string;
  title: string;
  /** Undefined: the provider has gone. */
  kind: Provider['kind'] | undefined;
  close: () => void;
  done: () => void;
}

export function EditMapping({ id, roles, of, title, kind, close, done }: Props) {
  const was = roles.RoleMappings[of];
  const [type, setType] = useState<string>((kind && was?.Type) ?? 'none');
  const [rules, setRules] = useState<Rule[]>(was?.RulesConfiguration?.Rules?.map(shown) ?? [empty]);
  const [otherwise, setOtherwise] = useState<string>(was?.AmbiguousRoleResolution ?? 'Deny');
  const change = mappings(id, roles, [type === 'none' ? { at: ['RoleMappings', of], unset: true } : { at: ['RoleMappings', of], set: mapping(type, rules, otherwise) }]);
  const ready = type !== 'Rules' || (rules.length > 0 && rules.every((r) => r.claim.trim() && r.value && r.role.trim()));
  const put = (i: number, part: Partial<Rule>) => setRules(rules.map((r, j) => (j === i ? { ...r, ...part } : r)));
  const move = (i: number, by: number) => {
    const next = [...rules];
    next.splice(i + by, 0, ...next.splice(i, 1));
    setRules(next);
  };
  return (
    <Dialog title={`Role mapping of ${title}`} submit="Save" large ready={ready} change={change.make} said="The role mapping is saved." close={close} done={done} cli={ready ? change.calls : undefined}>
      <FormField label="Its tokens lead to">
        <RadioGroup
          value={type}
          onChange={(e) => setType(e.detail.value)}
          items={[
            { value: 'none', label: "The pool's role" },
            ...(kind === 'user pool' ? [{ value: 'Token', label: 'The role that the token prefers', description: "That of the person's first group that has one. An app may ask for another of the token's roles." }] : []),
            ...(kind ? [{ value: 'Rules', label: 'The role of the first rule that fits', description: 'An app may ask for the role of another one that fits.' }] : []),
          ]}
        />
      </FormField>
      {type === 'Rules' && (
        <FormField label="Rules" description="From the top. A claim that is a list fits if one of its values does; one that is absent fits nothing." stretch>
          <AttributeEditor
            items={rules}
            addButtonText="Add rule"
            disableAddButton={rules.length >= most}
            additionalInfo={rules.length >= most ? `A provider has at most ${most} rules.` : undefined}
            empty="There are no rules: add one."
            onAddButtonClick={() => setRules([...rules, empty])}
            gridLayout={[{ rows: [[3, 2, 3, 5]], breakpoint: 'xs', removeButton: { width: 'auto' } }, { rows: [[1], [1], [1], [1]] }]}
            definition={[
              { label: 'Claim', control: (r, i) => <Input value={r.claim} onChange={(e) => put(i, { claim: e.detail.value })} ariaLabel={`Claim of rule ${i + 1}`} placeholder="cognito:groups" spellcheck={false} autoComplete={false} /> },
              { label: 'Match', control: (r, i) => <Select selectedOption={ways.find((w) => w.value === r.match) ?? null} options={ways} onChange={(e) => put(i, { match: e.detail.selectedOption.value as MappingRuleMatchType })} ariaLabel={`Match of rule ${i + 1}`} expandToViewport /> },
              { label: 'Value', control: (r, i) => <Input value={r.value} onChange={(e) => put(i, { value: e.detail.value })} ariaLabel={`Value of rule ${i + 1}`} spellcheck={false} autoComplete={false} /> },
              { label: 'Role', control: (r, i) => <RoleInput value={r.role} set={(role) => put(i, { role })} label={`Role of rule ${i + 1}`} /> },
            ]}
            customRowActions={({ itemIndex: i, ref }) => (
              <ButtonDropdown
                ref={ref}
                variant="icon"
                ariaLabel={`Actions of rule ${i + 1}`}
                expandToViewport
                items={[{ id: 'up', text: 'Move up', disabled: i === 0 }, { id: 'down', text: 'Move down', disabled: i === rules.length - 1 }, { id: 'remove', text: 'Remove' }]}
                onItemClick={(e) => (e.detail.id === 'remove' ? setRules(rules.filter((_, j) => j !== i)) : move(i, e.detail.id === 'up' ? -1 : 1))}
              />
            )}
          />
        </FormField>
      )}
      {type !== 'none' && (
        <FormField label="Where that leads to no role" description="AmbiguousRoleResolution.">
          <RadioGroup value={otherwise} onChange={(e) => setOtherwise(e.detail.value)} items={[{ value: 'Deny', label: 'Refuse' }, { value: 'AuthenticatedRole', label: "Take the pool's role for people who have signed in" }]} />
        </FormField>
      )}
      {kind === undefined && 'The pool does not have this provider any more: only taking the mapping away is possible.'}
    </Dialog>
  );
}

function mapping(type: string, rules: Rule[], otherwise: string): RoleMapping {
  return {
    Type: type as RoleMapping['Type'], AmbiguousRoleResolution: otherwise as RoleMapping['AmbiguousRoleResolution'],
    ...(type === 'Rules' ? { RulesConfiguration: { Rules: rules.map(asked) } } : {}),
  };
}
