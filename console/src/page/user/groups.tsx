// The groups of a user.
import { AdminAddUserToGroupCommand, AdminListGroupsForUserCommand, AdminRemoveUserFromGroupCommand, ListGroupsCommand, type GroupType } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Link from '@cloudscape-design/components/link';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { every } from '../../every';
import { useAsk } from '../../ask';
import { userPools } from '../../aws';
import { Dialog } from '../../part/dialog';
import { List } from '../../part/list';
import { Empty, Failed } from '../../part/shown';
import { href } from '../../route';

async function groupsOf(pool: string, username: string): Promise<GroupType[]> {
  return every<GroupType>(async (next) => {
    const answer = await userPools().send(new AdminListGroupsForUserCommand({ UserPoolId: pool, Username: username, NextToken: next }));
    return [answer.Groups, answer.NextToken];
  });
}

/** All groups of a pool. */
export async function groupsIn(pool: string): Promise<GroupType[]> {
  return every<GroupType>(async (next) => {
    const answer = await userPools().send(new ListGroupsCommand({ UserPoolId: pool, Limit: 60, NextToken: next }));
    return [answer.Groups, answer.NextToken];
  });
}

export function Groups({ pool, username }: { pool: string; username: string }) {
  const asked = useAsk(() => groupsOf(pool, username), [pool, username]);
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState('');
  const who = { UserPoolId: pool, Username: username };
  return (
    <>
      <List
        title="Groups"
        about="They are roles in decisions, and the claim cognito:groups in tokens."
        of={asked}
        id={(g) => g.GroupName ?? ''}
        columns={[
          { id: 'name', header: 'Group', by: (g) => g.GroupName ?? '', cell: (g) => <Link href={href(['pools', pool, 'groups', g.GroupName ?? ''])}>{g.GroupName}</Link> },
          { id: 'description', header: 'Description', cell: (g) => g.Description ?? '–' },
          { id: 'precedence', header: 'Precedence', by: (g) => g.Precedence ?? 0, cell: (g) => g.Precedence ?? '–' },
          { id: 'act', header: '', cell: (g) => <Button variant="inline-link" ariaLabel={`Remove from ${g.GroupName}`} onClick={() => setLeaving(g.GroupName ?? '')}>Remove</Button> },
        ]}
        actions={<Button onClick={() => setAdding(true)}>Add to group</Button>}
        empty={<Empty title="In no group">Decisions give such a user the role of everybody.</Empty>}
      />
      {adding && <Join pool={pool} username={username} member={asked.data ?? []} close={() => setAdding(false)} done={asked.again} />}
      {leaving && (
        <Dialog
          title={`Remove ${username} from ${leaving}?`}
          submit="Remove"
          change={() => userPools().send(new AdminRemoveUserFromGroupCommand({ ...who, GroupName: leaving }))}
          said={`${username} is no longer in ${leaving}.`}
          close={() => setLeaving('')}
          done={asked.again}
          cli={[{ service: 'cognito-idp', operation: 'AdminRemoveUserFromGroup', input: { ...who, GroupName: leaving } }]}
        >
          The next decision knows. Tokens say otherwise until they are refreshed.
        </Dialog>
      )}
    </>
  );
}

function Join({ pool, username, member, close, done }: { pool: string; username: string; member: GroupType[]; close: () => void; done: () => void }) {
  const all = useAsk(() => groupsIn(pool), [pool]);
  const [group, setGroup] = useState('');
  const input = { UserPoolId: pool, Username: username, GroupName: group };
  const options = (all.data ?? []).filter((g) => !member.some((m) => m.GroupName === g.GroupName)).map((g) => ({ value: g.GroupName, label: g.GroupName, description: g.Description }));
  return (
    <Dialog title={`Add ${username} to a group`} submit="Add" ready={group !== ''} change={() => userPools().send(new AdminAddUserToGroupCommand(input))} said={`${username} is in ${group}.`} close={close} done={done} cli={group ? [{ service: 'cognito-idp', operation: 'AdminAddUserToGroup', input }] : undefined}>
      <Failed fault={all.fault} again={all.again} />
      <FormField label="Group">
        <Select selectedOption={options.find((o) => o.value === group) ?? null} options={options} onChange={(e) => setGroup(e.detail.selectedOption.value ?? '')} placeholder="Choose" filteringType="auto" ariaLabel="Group" statusType={all.loading ? 'loading' : 'finished'} empty="There is no other group in this pool" expandToViewport />
      </FormField>
    </Dialog>
  );
}
