// The roles of an identity pool, and which tokens lead to others.
import type { RoleMapping } from '@aws-sdk/client-cognito-identity';
import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { differences } from '../edit';
import { Dialog } from '../part/dialog';
import { known, List } from '../part/list';
import { Empty, Id } from '../part/shown';
import { Two } from '../part/two';
import { EditMapping } from './mapping';
import type { Common } from './overview';
import { keyOf, mappings, matches, providers, roleName, type Provider, type Roles as RoleSet, type Whole } from './pool';
import { RoleInput } from './roleinput';

/** A provider of the pool, or a mapping whose provider has gone. */
interface Row {
  key: string;
  provider?: Provider;
  mapping?: RoleMapping;
}

function rows({ pool, roles }: Whole): Row[] {
  const there = providers(pool).map((p): Row => ({ key: keyOf(p, roles), provider: p, mapping: roles.RoleMappings[keyOf(p, roles)] }));
  const keys = new Set(there.map((r) => r.key));
  return [...there, ...Object.entries(roles.RoleMappings).filter(([k]) => !keys.has(k)).map(([key, mapping]): Row => ({ key, mapping }))];
}

export function Roles({ of, again }: Common) {
  const [act, setAct] = useState<'roles' | Row>();
  const id = of.pool.IdentityPoolId ?? '';
  const role = (arn: string | undefined) => (arn ? <Id>{arn}</Id> : 'none');
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" description="They stand in the server's configuration; a role is named here by its ARN." actions={<Button ariaLabel="Edit the roles" onClick={() => setAct('roles')}>Edit</Button>}>Roles of the pool</Header>}>
        <KeyValuePairs columns={2} items={[{ label: 'For people who have signed in', value: role(of.roles.Roles.authenticated) }, { label: 'For guests', value: role(of.roles.Roles.unauthenticated) }]} />
      </Container>
      <List
        title="Role mappings"
        about="Which tokens of a provider lead to other roles."
        of={known(rows(of))}
        still
        id={(r) => r.key}
        columns={[
          { id: 'provider', header: 'Provider', cell: (r) => <Two top={r.provider?.text ?? 'no provider of the pool any more'} below={r.key} /> },
          { id: 'how', header: 'Leads to', minWidth: 220, cell: (r) => <How mapping={r.mapping} /> },
          { id: 'else', header: 'Otherwise', cell: (r) => (r.mapping ? (r.mapping.AmbiguousRoleResolution === 'Deny' ? 'no role: refused' : "the pool's role") : '–') },
          { id: 'act', header: 'Change', minWidth: 100, cell: (r) => <Button variant="inline-link" ariaLabel={`Edit the role mapping of ${r.key}`} onClick={() => setAct(r)}>Edit</Button> },
        ]}
        empty={<Empty title="There are no providers">A role mapping is about the tokens of a provider.</Empty>}
      />
      {act === 'roles' && <EditRoles id={id} roles={of.roles} close={() => setAct(undefined)} done={again} />}
      {typeof act === 'object' && <EditMapping id={id} roles={of.roles} of={act.key} title={act.provider?.text ?? act.key} kind={act.provider?.kind} close={() => setAct(undefined)} done={again} />}
    </SpaceBetween>
  );
}

function How({ mapping }: { mapping: RoleMapping | undefined }) {
  if (!mapping) return <>the pool&apos;s role</>;
  if (mapping.Type === 'Token') return <>the role that the token prefers, or another of its roles that the app asks for</>;
  return (
    <ol className="rules">
      {(mapping.RulesConfiguration?.Rules ?? []).map((r, i) => (
        <li key={i}><code>{r.Claim}</code> {matches[r.MatchType ?? 'Equals']} <code>{r.Value}</code> <Box variant="span" color="text-body-secondary">→</Box> <span title={r.RoleARN}><Badge>{roleName(r.RoleARN)}</Badge></span></li>
      ))}
    </ol>
  );
}

function EditRoles({ id, roles, close, done }: { id: string; roles: RoleSet; close: () => void; done: () => void }) {
  const [member, setMember] = useState(roles.Roles.authenticated ?? '');
  const [guest, setGuest] = useState(roles.Roles.unauthenticated ?? '');
  const change = mappings(id, roles, differences(roles.Roles, { authenticated: member.trim() || undefined, unauthenticated: guest.trim() || undefined }, ['Roles']));
  return (
    <Dialog title="Roles of the pool" submit="Save" change={change.make} said="The roles are saved." close={close} done={done} cli={change.calls}>
      <FormField label={<>For people who have signed in <i>– optional</i></>} description="Where no role mapping leads to another one." stretch><RoleInput value={member} set={setMember} name="authenticated" /></FormField>
      <FormField label={<>For guests <i>– optional</i></>} stretch><RoleInput value={guest} set={setGuest} name="unauthenticated" /></FormField>
    </Dialog>
  );
}
