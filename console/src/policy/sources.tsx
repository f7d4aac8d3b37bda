// Where the principals of a policy store come from: tokens of a user pool, or of another OpenID Connect issuer.
import { DeleteIdentitySourceCommand, ListIdentitySourcesCommand, type ConfigurationItem, type IdentitySourceItem } from '@aws-sdk/client-verifiedpermissions';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useAsk } from '../ask';
import { permissions } from '../aws';
import { every } from '../every';
import { Destroy } from '../part/dialog';
import { List } from '../part/list';
import { Empty } from '../part/shown';
import { Two } from '../part/two';
import { EditSource } from './source';

export function Sources({ store }: { store: string }) {
  const asked = useAsk(() => every<IdentitySourceItem>(async (nextToken) => {
    const answer = await permissions().send(new ListIdentitySourcesCommand({ policyStoreId: store, maxResults: 50, nextToken }));
    return [answer.identitySources, answer.nextToken];
  }), [store]);
  const [edit, setEdit] = useState<IdentitySourceItem | 'new'>();
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
          { id: 'issuer', header: 'Tokens of', cell: (s) => <Issuer of={s.configuration} /> },
          { id: 'clients', header: 'For', cell: (s) => <span className="long">{audience(s.configuration)}</span> },
          { id: 'type', header: 'Principals are', cell: (s) => <span className="long">{s.principalEntityType}</span> },
          { id: 'groups', header: 'Groups are', cell: (s) => <Groups of={s.configuration} /> },
          { id: 'act', header: 'Change', cell: (s) => <SpaceBetween direction="horizontal" size="xs"><Button variant="inline-link" ariaLabel={`Edit the identity source ${s.identitySourceId}`} onClick={() => setEdit(s)}>Edit</Button><Button variant="inline-link" ariaLabel={`Delete the identity source ${s.identitySourceId}`} onClick={() => setEnding(s.identitySourceId ?? '')}>Delete</Button></SpaceBetween> },
        ]}
        actions={<Button onClick={() => setEdit('new')}>Add identity source</Button>}
        empty={<Empty title="There are no identity sources">Requests say themselves who somebody is.</Empty>}
      />
      {edit && <EditSource store={store} source={edit === 'new' ? undefined : edit} close={() => setEdit(undefined)} done={asked.again} />}
      {ending && <Destroy title="Delete the identity source" name={ending} change={() => permissions().send(new DeleteIdentitySourceCommand(gone))} said="The identity source was deleted." close={() => setEnding('')} done={asked.again} cli={[{ service: 'verifiedpermissions', operation: 'DeleteIdentitySource', input: gone }]}>Tokens of it are not understood any more.</Destroy>}
    </>
  );
}

function Issuer({ of }: { of: ConfigurationItem | undefined }) {
  const pool = of?.cognitoUserPoolConfiguration;
  if (pool) return <Two top="a user pool" below={pool.userPoolArn ?? ''} />;
  const access = of?.openIdConnectConfiguration?.tokenSelection?.accessTokenOnly;
  return <Two top={access ? 'an issuer, access tokens' : 'an issuer, ID tokens'} below={of?.openIdConnectConfiguration?.issuer ?? ''} />;
}

function audience(of: ConfigurationItem | undefined): string {
  const selected = of?.openIdConnectConfiguration?.tokenSelection;
  return (of?.cognitoUserPoolConfiguration?.clientIds ?? selected?.accessTokenOnly?.audiences ?? selected?.identityTokenOnly?.clientIds ?? []).join(', ') || 'any';
}

function Groups({ of }: { of: ConfigurationItem | undefined }) {
  const open = of?.openIdConnectConfiguration?.groupConfiguration;
  if (open) return <Two top={open.groupEntityType ?? ''} below={`the claim ${open.groupClaim}`} />;
  return <span className="long">{of?.cognitoUserPoolConfiguration?.groupConfiguration?.groupEntityType || 'none'}</span>;
}
