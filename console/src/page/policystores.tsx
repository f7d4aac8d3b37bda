// Policy stores of Verified Permissions: their policies, and a request to try.
import {
  CreatePolicyStoreCommand, DeletePolicyCommand, GetPolicyCommand, GetPolicyStoreCommand, GetSchemaCommand, ListPoliciesCommand, ListPolicyStoresCommand,
  type PolicyItem, type PolicyStoreItem,
} from '@aws-sdk/client-verifiedpermissions';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Link from '@cloudscape-design/components/link';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { every } from '../every';
import { useAsk, useDo } from '../ask';
import { permissions } from '../aws';
import { Destroy, Dialog } from '../part/dialog';
import { List } from '../part/list';
import { Code, Empty, Failed, Id, Page, Shown, When } from '../part/shown';
import { EditMode, EditPolicy, EditSchema, Link as FromTemplate, type Static } from '../policy/edit';
import { Sources } from '../policy/sources';
import { Templates, templatesOf } from '../policy/templates';
import { Test } from '../policy/test';
import { href } from '../route';

export default function PolicyStores({ store }: { store: string | undefined }) {
  return store === undefined ? <All /> : <Store store={store} />;
}

async function storesOf(): Promise<PolicyStoreItem[]> {
  return every<PolicyStoreItem>(async (next) => {
    const answer = await permissions().send(new ListPolicyStoresCommand({ maxResults: 50, nextToken: next }));
    return [answer.policyStores, answer.nextToken];
  });
}

function All() {
  const asked = useAsk(storesOf, []);
  const [adding, setAdding] = useState(false);
  const [text, setText] = useState('');
  const create = <Button variant="primary" onClick={() => setAdding(true)}>Create policy store</Button>;
  const input = { validationSettings: { mode: 'OFF' as const }, description: text.trim() || undefined };
  return (
    <Page title="Policy stores" about="Cedar policies, asked as Amazon Verified Permissions is." actions={create}>
      <List
        title="Stores"
        of={asked}
        id={(s) => s.policyStoreId ?? ''}
        text={(s) => `${s.policyStoreId} ${s.description}`}
        columns={[
          { id: 'id', header: 'ID', by: (s) => s.policyStoreId ?? '', cell: (s) => <Link href={href(['policy-stores', s.policyStoreId ?? ''])}>{s.policyStoreId}</Link> },
          { id: 'description', header: 'Description', cell: (s) => s.description || '–' },
          { id: 'created', header: 'Created', by: (s) => s.createdDate?.getTime() ?? 0, cell: (s) => <When at={s.createdDate} /> },
        ]}
        empty={<Empty title="There are no policy stores" action={create}>A store keeps the Cedar policies of one application.</Empty>}
      />
      {adding && (
        <Dialog title="Create policy store" submit="Create policy store" change={() => permissions().send(new CreatePolicyStoreCommand(input))} said="The policy store is there." close={() => setAdding(false)} done={asked.again} cli={[{ service: 'verifiedpermissions', operation: 'CreatePolicyStore', input }]}>
          <FormField label={<>Description <i>– optional</i></>}><Input value={text} onChange={(e) => setText(e.detail.value)} name="description" autoFocus autoComplete={false} /></FormField>
          <Alert type="info">Policies are not validated until the store has a schema.</Alert>
        </Dialog>
      )}
    </Page>
  );
}

async function policiesOf(store: string): Promise<PolicyItem[]> {
  return every<PolicyItem>(async (next) => {
    const answer = await permissions().send(new ListPoliciesCommand({ policyStoreId: store, maxResults: 50, nextToken: next }));
    return [answer.policies, answer.nextToken];
  });
}

const entity = (e: { entityType?: string; entityId?: string } | undefined) => (e ? `${e.entityType}::"${e.entityId}"` : 'any');

function Store({ store }: { store: string }) {
  const asked = useAsk(() => policiesOf(store), [store]);
  const templates = useAsk(() => templatesOf(store), [store]);
  const settings = useAsk(() => permissions().send(new GetPolicyStoreCommand({ policyStoreId: store })), [store]);
  const [open, setOpen] = useState('');
  const [act, setAct] = useState<'policy' | 'link' | 'mode' | { edit: Static } | { end: string }>();
  const reading = useDo();
  const edit = (id: string) => void reading.run(async () => {
    const p = await permissions().send(new GetPolicyCommand({ policyStoreId: store, policyId: id }));
    setAct({ edit: { id, statement: p.definition?.static?.statement ?? '', description: p.definition?.static?.description ?? '' } });
  });
  const common = { store, close: () => setAct(undefined), done: asked.again };
  const gone = { policyStoreId: store, policyId: typeof act === 'object' && 'end' in act ? act.end : '' };
  const mode = settings.data?.validationSettings?.mode;
  return (
    <Page title={store} about={mode && [settings.data?.description, mode === 'STRICT' ? 'Policies have to fit the schema.' : 'Policies are not validated.'].filter(Boolean).join(' · ')} actions={mode && <Button onClick={() => setAct('mode')}>Validation</Button>}>
      <Failed fault={reading.fault} />
      <List
        title="Policies"
        of={asked}
        id={(p) => p.policyId ?? ''}
        text={(p) => JSON.stringify(p)}
        columns={[
          { id: 'id', header: 'ID', by: (p) => p.policyId ?? '', cell: (p) => <Button variant="inline-link" ariaLabel={`Text of policy ${p.policyId}`} onClick={() => setOpen(p.policyId ?? '')}>{p.policyId}</Button> },
          { id: 'effect', header: 'Effect', cell: (p) => p.effect ?? '–' },
          { id: 'principal', header: 'Principal', cell: (p) => entity(p.principal) },
          { id: 'actions', header: 'Actions', cell: (p) => p.actions?.map((a) => a.actionId).join(', ') || 'any' },
          { id: 'resource', header: 'Resource', cell: (p) => entity(p.resource) },
          { id: 'type', header: 'Kind', cell: (p) => p.policyType?.toLowerCase().replace('_', ' ') },
          { id: 'act', header: 'Change', cell: (p) => <SpaceBetween direction="horizontal" size="xs">{p.policyType === 'STATIC' && <Button variant="inline-link" ariaLabel={`Edit policy ${p.policyId}`} onClick={() => edit(p.policyId ?? '')}>Edit</Button>}<Button variant="inline-link" ariaLabel={`Delete policy ${p.policyId}`} onClick={() => setAct({ end: p.policyId ?? '' })}>Delete</Button></SpaceBetween> },
        ]}
        actions={<SpaceBetween direction="horizontal" size="xs"><Button disabled={!templates.data?.length} onClick={() => setAct('link')}>Use a template</Button><Button variant="primary" onClick={() => setAct('policy')}>Create policy</Button></SpaceBetween>}
        empty={<Empty title="There are no policies">Everything is denied: what nobody permits is.</Empty>}
      />
      <Templates store={store} of={templates} changed={() => { templates.again(); asked.again(); }} />
      <Test store={store} />
      <Schema store={store} />
      <Sources store={store} />
      {open && <PolicyText store={store} policy={open} close={() => setOpen('')} />}
      {act === 'policy' && <EditPolicy {...common} policy={undefined} />}
      {act === 'link' && <FromTemplate {...common} templates={templates.data ?? []} />}
      {act === 'mode' && mode && <EditMode {...common} done={settings.again} mode={mode} description={settings.data?.description} />}
      {typeof act === 'object' && 'edit' in act && <EditPolicy {...common} policy={act.edit} />}
      {typeof act === 'object' && 'end' in act && <Destroy title="Delete the policy" name={act.end} change={() => permissions().send(new DeletePolicyCommand(gone))} said="The policy was deleted." close={common.close} done={asked.again} cli={[{ service: 'verifiedpermissions', operation: 'DeletePolicy', input: gone }]}>What only it permits is denied at once; what only it forbids is not forbidden any more.</Destroy>}
    </Page>
  );
}

function PolicyText({ store, policy, close }: { store: string; policy: string; close: () => void }) {
  const asked = useAsk(() => permissions().send(new GetPolicyCommand({ policyStoreId: store, policyId: policy })), [store, policy]);
  return (
    <Modal visible header="Policy" onDismiss={close} closeAriaLabel="Close" size="large">
      <Shown of={asked}>{(p) => <SpaceBetween size="s"><Id>{policy}</Id>{p.definition?.static?.description}<Code label="Policy">{p.definition?.static?.statement ?? JSON.stringify(p.definition, null, 2)}</Code></SpaceBetween>}</Shown>
    </Modal>
  );
}

function Schema({ store }: { store: string }) {
  const asked = useAsk(async () => {
    try {
      return (await permissions().send(new GetSchemaCommand({ policyStoreId: store }))).schema ?? '';
    } catch (e) {
      if (e instanceof Error && e.name === 'ResourceNotFoundException') return '';
      throw e;
    }
  }, [store]);
  const [editing, setEditing] = useState(false);
  return (
    <Container header={<Header variant="h2" actions={asked.data !== undefined && <Button ariaLabel="Edit the schema" onClick={() => setEditing(true)}>Edit</Button>}>Schema</Header>}>
      <Shown of={asked}>{(s) => (s ? <Code label="Schema">{pretty(s)}</Code> : 'This store has none: policies are taken as they are.')}</Shown>
      {editing && <EditSchema store={store} schema={asked.data ? pretty(asked.data) : ''} close={() => setEditing(false)} done={asked.again} />}
    </Container>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
