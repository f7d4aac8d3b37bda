// Identity pools: who is the same person, and which roles that person's credentials have.
import { ListIdentityPoolsCommand, type IdentityPoolShortDescription } from '@aws-sdk/client-cognito-identity';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import { useState } from 'react';
import { every } from '../every';
import { useAsk } from '../ask';
import { identityPools } from '../aws';
import { Create } from '../identitypool/create';
import { Pool } from '../identitypool/page';
import { List } from '../part/list';
import { Empty, Id, Page } from '../part/shown';
import { href } from '../route';

export default function IdentityPools({ pool, tab }: { pool: string | undefined; tab: string | undefined }) {
  return pool === undefined ? <All /> : <Pool pool={pool} tab={tab} />;
}

async function poolsOf(): Promise<IdentityPoolShortDescription[]> {
  return every<IdentityPoolShortDescription>(async (next) => {
    const answer = await identityPools().send(new ListIdentityPoolsCommand({ MaxResults: 60, NextToken: next }));
    return [answer.IdentityPools, answer.NextToken];
  });
}

function All() {
  const asked = useAsk(poolsOf, []);
  const [adding, setAdding] = useState(false);
  const create = <Button variant="primary" onClick={() => setAdding(true)}>Create identity pool</Button>;
  return (
    <Page title="Identity pools" about="They give whoever has signed in temporary credentials of a role." actions={create}>
      <List
        title="Pools"
        of={asked}
        id={(p) => p.IdentityPoolId ?? ''}
        text={(p) => `${p.IdentityPoolName} ${p.IdentityPoolId}`}
        columns={[
          { id: 'name', header: 'Name', by: (p) => p.IdentityPoolName ?? '', cell: (p) => <Link href={href(['identity-pools', p.IdentityPoolId ?? ''])}>{p.IdentityPoolName}</Link> },
          { id: 'id', header: 'ID', by: (p) => p.IdentityPoolId ?? '', cell: (p) => <Id>{p.IdentityPoolId ?? ''}</Id> },
        ]}
        empty={<Empty title="There are no identity pools" action={create}>One takes the tokens of user pools and other providers. Roles stand in the server&apos;s configuration.</Empty>}
      />
      {adding && <Create close={() => setAdding(false)} />}
    </Page>
  );
}
