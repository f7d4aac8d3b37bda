// Policies, templates and the schema of a store, as text. What the validator finds is the server's, and stands below the text.
import {
  CreatePolicyCommand, CreatePolicyTemplateCommand, PutSchemaCommand, UpdatePolicyCommand, UpdatePolicyTemplateCommand, UpdatePolicyStoreCommand,
  type CreatePolicyCommandInput, type EntityIdentifier, type PolicyTemplateItem, type ValidationMode,
} from '@aws-sdk/client-verifiedpermissions';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Select from '@cloudscape-design/components/select';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { permissions } from '../aws';
import { Dialog } from '../part/dialog';

export interface Common {
  store: string;
  close: () => void;
  done: () => void;
}

/** Type::"id" as the API takes it. */
export function parse(text: string): { type: string; id: string } {
  const found = /^\s*(.+)::"?(.*?)"?\s*$/.exec(text);
  if (!found) throw new Error(`${text || 'An empty text'} is no entity such as User::"alice".`);
  return { type: found[1] ?? '', id: found[2] ?? '' };
}

function Cedar({ label, value, set, rows = 10 }: { label: string; value: string; set: (v: string) => void; rows?: number }) {
  return <FormField label={label} stretch><div className="cedar"><Textarea value={value} onChange={(e) => set(e.detail.value)} rows={rows} ariaLabel={label} spellcheck={false} autoComplete={false} /></div></FormField>;
}

const first = 'permit (\n  principal,\n  action,\n  resource\n);';

export interface Static {
  id: string;
  statement: string;
  description: string;
}

export function EditPolicy({ store, policy, close, done }: Common & { policy: Static | undefined }) {
  const [statement, setStatement] = useState(policy?.statement ?? first);
  const [description, setDescription] = useState(policy?.description ?? '');
  const definition = { static: { statement, ...(description.trim() ? { description: description.trim() } : {}) } };
  const input = { policyStoreId: store, ...(policy ? { policyId: policy.id } : {}), definition };
  return (
    <Dialog
      title={policy ? 'Edit policy' : 'Create policy'}
      submit={policy ? 'Save' : 'Create policy'}
      large
      ready={statement.trim() !== ''}
      change={() => (policy ? permissions().send(new UpdatePolicyCommand({ policyStoreId: store, policyId: policy.id, definition })) : permissions().send(new CreatePolicyCommand({ policyStoreId: store, definition })))}
      said="The policy is saved."
      close={close}
      done={done}
      cli={[{ service: 'verifiedpermissions', operation: policy ? 'UpdatePolicy' : 'CreatePolicy', input }]}
    >
      <Cedar label="Policy" value={statement} set={setStatement} />
      <FormField label={<>Description <i>– optional</i></>} stretch><Input value={description} onChange={(e) => setDescription(e.detail.value)} name="description" autoComplete={false} /></FormField>
      {policy && 'Who, what with and the effect of a policy stay; make another one for those. Actions and conditions can change.'}
    </Dialog>
  );
}

export function EditTemplate({ store, template, close, done }: Common & { template: Static | undefined }) {
  const [statement, setStatement] = useState(template?.statement ?? 'permit (\n  principal == ?principal,\n  action,\n  resource == ?resource\n);');
  const [description, setDescription] = useState(template?.description ?? '');
  const body = { policyStoreId: store, statement, ...(description.trim() ? { description: description.trim() } : {}) };
  const input = template ? { ...body, policyTemplateId: template.id } : body;
  return (
    <Dialog
      title={template ? 'Edit template' : 'Create template'}
      submit={template ? 'Save' : 'Create template'}
      large
      ready={statement.trim() !== ''}
      change={() => (template ? permissions().send(new UpdatePolicyTemplateCommand({ ...body, policyTemplateId: template.id })) : permissions().send(new CreatePolicyTemplateCommand(body)))}
      said="The template is saved."
      close={close}
      done={done}
      cli={[{ service: 'verifiedpermissions', operation: template ? 'UpdatePolicyTemplate' : 'CreatePolicyTemplate', input }]}
    >
      <Cedar label="Template" value={statement} set={setStatement} />
      <FormField label={<>Description <i>– optional</i></>} stretch><Input value={description} onChange={(e) => setDescription(e.detail.value)} name="description" autoComplete={false} /></FormField>
      {template && 'Every policy of this template changes with it, at once.'}
    </Dialog>
  );
}

const identifier = (text: string): EntityIdentifier => {
  const { type, id } = parse(text);
  return { entityType: type, entityId: id };
};

/** A policy of a template: its slots are filled. */
export function Link({ store, templates, close, done }: Common & { templates: PolicyTemplateItem[] }) {
  const options = templates.map((t) => ({ value: t.policyTemplateId, label: t.description || t.policyTemplateId, description: t.description ? t.policyTemplateId : undefined }));
  const [template, setTemplate] = useState(options[0]?.value ?? '');
  const [principal, setPrincipal] = useState('');
  const [resource, setResource] = useState('');
  const request = (): CreatePolicyCommandInput => ({
    policyStoreId: store,
    definition: { templateLinked: { policyTemplateId: template, ...(principal.trim() ? { principal: identifier(principal) } : {}), ...(resource.trim() ? { resource: identifier(resource) } : {}) } },
  });
  const whole = [principal, resource].every((t) => !t.trim() || /::/.test(t));
  return (
    <Dialog title="Create policy of a template" submit="Create policy" ready={whole} change={async () => permissions().send(new CreatePolicyCommand(request()))} said="The policy is saved." close={close} done={done} cli={whole ? [{ service: 'verifiedpermissions', operation: 'CreatePolicy', input: request() }] : undefined}>
      <FormField label="Template"><Select selectedOption={options.find((o) => o.value === template) ?? null} options={options} onChange={(e) => setTemplate(e.detail.selectedOption.value ?? '')} expandToViewport /></FormField>
      <FormField label="?principal" description="Where the template has it."><Input value={principal} onChange={(e) => setPrincipal(e.detail.value)} name="slot-principal" placeholder='User::"alice"' spellcheck={false} autoComplete={false} /></FormField>
      <FormField label="?resource" description="Where the template has it."><Input value={resource} onChange={(e) => setResource(e.detail.value)} name="slot-resource" placeholder='Document::"1"' spellcheck={false} autoComplete={false} /></FormField>
    </Dialog>
  );
}

export function EditSchema({ store, schema, close, done }: Common & { schema: string }) {
  const [text, setText] = useState(schema || '{\n  "App": {\n    "entityTypes": {\n      "User": {},\n      "Document": {}\n    },\n    "actions": {\n      "read": { "appliesTo": { "principalTypes": ["User"], "resourceTypes": ["Document"] } }\n    }\n  }\n}');
  const input = { policyStoreId: store, definition: { cedarJson: text } };
  return (
    <Dialog title="Schema" submit="Save" large ready={text.trim() !== ''} change={() => permissions().send(new PutSchemaCommand(input))} said="The schema is saved." close={close} done={done} cli={[{ service: 'verifiedpermissions', operation: 'PutSchema', input }]}>
      <Cedar label="Schema as JSON" value={text} set={setText} rows={16} />
      Policies that there are stay as they are, also those that do not fit it.
    </Dialog>
  );
}

export function EditMode({ store, mode, description, close, done }: Common & { mode: ValidationMode; description: string | undefined }) {
  const [now, set] = useState<string>(mode);
  const input = { policyStoreId: store, validationSettings: { mode: now as ValidationMode }, ...(description ? { description } : {}) };
  return (
    <Dialog title="Validation" submit="Save" change={() => permissions().send(new UpdatePolicyStoreCommand(input))} said="Saved." close={close} done={done} cli={[{ service: 'verifiedpermissions', operation: 'UpdatePolicyStore', input }]}>
      <FormField label="Policies that are written from now on"><RadioGroup value={now} onChange={(e) => set(e.detail.value)} items={[{ value: 'STRICT', label: 'Have to fit the schema' }, { value: 'OFF', label: 'Are taken as they are' }]} /></FormField>
    </Dialog>
  );
}
