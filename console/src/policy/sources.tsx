// Where the principals of a policy store come from: tokens of a user pool.
import { CreateIdentitySourceCommand, DeleteIdentitySourceCommand, ListIdentitySourcesCommand, type IdentitySourceItem } from '@aws-sdk/client-verifiedpermissions';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { useAsk } from '../ask';
import { permissions } from '../aws';
import { every } from '../every';
import { lines } from '../page/clients';
import { Destroy, Dialog } from '../part/dialog';
import { List } from '../part/list';
import { Empty } from '../part/shown';
import type { Common } from './edit';

export function Sources({ store }: { store: string }) {
  const asked = useAsk(() => every<IdentitySourceItem>(async (nextToken) => {
    const answer = await permissions().send(new ListIdentitySourcesCommand({ policyStoreId: store, maxResults: 50, nextToken }));
    return [answer.identitySources, answer.nextToken];
  }), [store]);
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState('');
  const gone = { policyStoreId: store, identitySourceId: ending };
  return (
    <>
      <List
        title="Identity sources"
        about="Whose tokens say who somebody is."
        of={asked}
        id={(s) => s.identitySourceId ?? ''}
        columns={[
          { id: 'issuer', header: 'Tokens of', cell: (s) => <span className="long">{s.configuration?.cognitoUserPoolConfiguration?.userPoolArn ?? s.configuration?.openIdConnectConfiguration?.issuer}</span> },
          { id: 'clients', header: 'Clients', cell: (s) => s.configuration?.cognitoUserPoolConfiguration?.clientIds?.join(', ') || 'any' },
          { id: 'type', header: 'Principals are', cell: (s) => s.principalEntityType },
          { id: 'act', header: 'Change', cell: (s) => <Button variant="inline-link" ariaLabel={`Delete the identity source ${s.identitySourceId}`} onClick={() => setEnding(s.identitySourceId ?? '')}>Delete</Button> },
        ]}
        actions={<Button onClick={() => setAdding(true)}>Add identity source</Button>}
        empty={<Empty title="There are no identity sources">Requests say themselves who somebody is.</Empty>}
      />
      {adding && <Add store={store} close={() => setAdding(false)} done={asked.again} />}
      {ending && <Destroy title="Delete the identity source" name={ending} change={() => permissions().send(new DeleteIdentitySourceCommand(gone))} said="The identity source was deleted." close={() => setEnding('')} done={asked.again} cli={[{ service: 'verifiedpermissions', operation: 'DeleteIdentitySource', input: gone }]}>Tokens of it are not understood any more.</Destroy>}
    </>
  );
}

function Add({ store, close, done }: Common) {
  const [arn, setArn] = useState('');
  const [clients, setClients] = useState('');
  const [type, setType] = useState('User');
  const [group, setGroup] = useState('');
  const input = {
    policyStoreId: store, principalEntityType: type.trim(),
    configuration: { cognitoUserPoolConfiguration: { userPoolArn: arn.trim(), ...(lines(clients).length > 0 ? { clientIds: lines(clients) } : {}), ...(group.trim() ? { groupConfiguration: { groupEntityType: group.trim() } } : {}) } },
  };
  return (
    <Dialog title="Add identity source" submit="Add identity source" ready={arn.trim() !== '' && type.trim() !== ''} change={() => permissions().send(new CreateIdentitySourceCommand(input))} said="The identity source is there." close={close} done={done} cli={[{ service: 'verifiedpermissions', operation: 'CreateIdentitySource', input }]}>
      <FormField label="ARN of the user pool" description="As the overview of the pool has it." stretch><Input value={arn} onChange={(e) => setArn(e.detail.value)} name="pool-arn" spellcheck={false} autoComplete={false} /></FormField>
      <FormField label={<>Clients <i>– optional</i></>} description="Only tokens of these, one a line." stretch><Textarea value={clients} onChange={(e) => setClients(e.detail.value)} name="client-ids" rows={2} spellcheck={false} /></FormField>
      <FormField label="Type of principals"><Input value={type} onChange={(e) => setType(e.detail.value)} name="principal-type" spellcheck={false} autoComplete={false} /></FormField>
      <FormField label={<>Type of groups <i>– optional</i></>}><Input value={group} onChange={(e) => setGroup(e.detail.value)} name="group-type" spellcheck={false} autoComplete={false} /></FormField>
    </Dialog>
  );
}
