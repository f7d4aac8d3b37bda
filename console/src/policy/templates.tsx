// The templates of a policy store: policies with slots for who and what with.
import { DeletePolicyTemplateCommand, GetPolicyTemplateCommand, ListPolicyTemplatesCommand, type PolicyTemplateItem } from '@aws-sdk/client-verifiedpermissions';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useDo, type Asked } from '../ask';
import { permissions } from '../aws';
import { every } from '../every';
import { Destroy } from '../part/dialog';
import { List } from '../part/list';
import { Empty, Failed, When } from '../part/shown';
import { EditTemplate, type Static } from './edit';

export async function templatesOf(store: string): Promise<PolicyTemplateItem[]> {
  return every<PolicyTemplateItem>(async (nextToken) => {
    const answer = await permissions().send(new ListPolicyTemplatesCommand({ policyStoreId: store, maxResults: 50, nextToken }));
    return [answer.policyTemplates, answer.nextToken];
  });
}

export function Templates({ store, of, changed }: { store: string; of: Asked<PolicyTemplateItem[]>; changed: () => void }) {
  const [edit, setEdit] = useState<Static | 'new'>();
  const [ending, setEnding] = useState('');
  const act = useDo();
  const open = (id: string) => void act.run(async () => {
    const t = await permissions().send(new GetPolicyTemplateCommand({ policyStoreId: store, policyTemplateId: id }));
    setEdit({ id, statement: t.statement ?? '', description: t.description ?? '' });
  });
  const gone = { policyStoreId: store, policyTemplateId: ending };
  return (
    <>
      <Failed fault={act.fault} />
      <List
        title="Templates"
        about="Policies with slots for who and what with."
        of={of}
        id={(t) => t.policyTemplateId ?? ''}
        columns={[
          { id: 'id', header: 'ID', by: (t) => t.policyTemplateId ?? '', cell: (t) => <span className="long">{t.policyTemplateId}</span> },
          { id: 'description', header: 'Description', cell: (t) => t.description || '–' },
          { id: 'changed', header: 'Changed', cell: (t) => <When at={t.lastUpdatedDate} /> },
          { id: 'act', header: 'Change', cell: (t) => <SpaceBetween direction="horizontal" size="xs"><Button variant="inline-link" ariaLabel={`Edit the template ${t.description || t.policyTemplateId}`} onClick={() => open(t.policyTemplateId ?? '')}>Edit</Button><Button variant="inline-link" ariaLabel={`Delete the template ${t.description || t.policyTemplateId}`} onClick={() => setEnding(t.policyTemplateId ?? '')}>Delete</Button></SpaceBetween> },
        ]}
        actions={<Button onClick={() => setEdit('new')}>Create template</Button>}
        empty={<Empty title="There are no templates">One text for many policies that are alike.</Empty>}
      />
      {edit && <EditTemplate store={store} template={edit === 'new' ? undefined : edit} close={() => setEdit(undefined)} done={changed} />}
      {ending && <Destroy title="Delete the template" name={ending} change={() => permissions().send(new DeletePolicyTemplateCommand(gone))} said="The template was deleted." close={() => setEnding('')} done={changed} cli={[{ service: 'verifiedpermissions', operation: 'DeletePolicyTemplate', input: gone }]}>Policies of it are deleted as well.</Destroy>}
    </>
  );
}
