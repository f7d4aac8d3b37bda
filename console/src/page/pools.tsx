// The user pools of the Region.
import { DescribeUserPoolCommand, ListUserPoolsCommand, type UserPoolDescriptionType, type UserPoolType } from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { every } from '../every';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { List } from '../part/list';
import { Empty, Id, Page, When } from '../part/shown';
import { go, href } from '../route';

interface Row extends UserPoolDescriptionType {
  /** What only DescribeUserPool tells; it is asked for the first pools only. */
  more?: UserPoolType;
}

/** Of so many pools details are shown: each costs a call. */
const described = 60;
const most = 3000;

async function all(): Promise<Row[]> {
  const rows = await every<Row>(async (next) => {
    const answer = await userPools().send(new ListUserPoolsCommand({ MaxResults: 60, NextToken: next }));
    return [answer.UserPools, answer.NextToken];
  }, most);
  if (rows.length <= described) {
    await Promise.all(rows.map(async (r) => {
      r.more = (await userPools().send(new DescribeUserPoolCommand({ UserPoolId: r.Id }))).UserPool;
    }));
  }
  return rows;
}

const mfa = { ON: 'Required', OPTIONAL: 'Optional', OFF: 'Off' };

export default function Pools() {
  const asked = useAsk(all, []);
  const create = <Button variant="primary" onClick={() => go(['pools', 'new'])}>Create user pool</Button>;
  return (
    <Page title="User pools" about="A user pool is a directory of people: they sign up and sign in, and apps get tokens that say who they are." actions={create}>
      {(asked.data?.length ?? 0) >= most && <Alert type="info">These are the first {most} pools.</Alert>}
      <List
        title="Pools"
        of={asked}
        id={(p) => p.Id ?? ''}
        text={(p) => `${p.Name} ${p.Id}`}
        columns={[
          { id: 'name', header: 'Name', by: (p) => p.Name ?? '', cell: (p) => <Link href={href(['pools', p.Id ?? ''])}>{p.Name}</Link> },
          { id: 'id', header: 'ID', minWidth: 230, by: (p) => p.Id ?? '', cell: (p) => <Id>{p.Id ?? ''}</Id> },
          { id: 'users', header: 'Users', by: (p) => p.more?.EstimatedNumberOfUsers ?? -1, cell: (p) => p.more?.EstimatedNumberOfUsers ?? '–' },
          { id: 'mfa', header: 'MFA', by: (p) => p.more?.MfaConfiguration ?? '', cell: (p) => (p.more ? <StatusIndicator type={p.more.MfaConfiguration === 'OFF' ? 'stopped' : 'success'}>{mfa[p.more.MfaConfiguration ?? 'OFF']}</StatusIndicator> : '–') },
          { id: 'deletion', header: 'Deletion protection', cell: (p) => (p.more ? <StatusIndicator type={p.more.DeletionProtection === 'ACTIVE' ? 'success' : 'stopped'}>{p.more.DeletionProtection === 'ACTIVE' ? 'Active' : 'Inactive'}</StatusIndicator> : '–') },
          { id: 'created', header: 'Created', by: (p) => p.CreationDate?.getTime() ?? 0, cell: (p) => <When at={p.CreationDate} /> },
        ]}
        empty={<Empty title="There are no user pools in this Region" action={create}>Create one: three questions, and people can sign up.</Empty>}
      />
    </Page>
  );
}
