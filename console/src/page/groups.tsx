// The groups of a pool, and who is in them.
import { CreateGroupCommand, DeleteGroupCommand, ListUsersInGroupCommand, UpdateGroupCommand, type GroupType, type UserType } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { every } from '../every';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { Destroy, Dialog } from '../part/dialog';
import { List } from '../part/list';
import { Empty, Page, When } from '../part/shown';
import { go, href } from '../route';
import { groupsIn } from './user/groups';
import { attribute, Status } from './users';

export default function Groups({ pool, group }: { pool: string; group: string | undefined }) {
  return group === undefined ? <All pool={pool} /> : <Members pool={pool} group={group} />;
}

function All({ pool }: { pool: string }) {
  const asked = useAsk(() => groupsIn(pool), [pool]);
  const [edit, setEdit] = useState<GroupType | 'new'>();
  const create = <Button variant="primary" onClick={() => setEdit('new')}>Create group</Button>;
  return (
    <Page title="Groups" about="A group of a user is a role in decisions, and stands in tokens as cognito:groups." actions={create}>
      <List
        title="Groups"
        of={asked}
        id={(g) => g.GroupName ?? ''}
        text={(g) => `${g.GroupName} ${g.Description} ${g.RoleArn}`}
        columns={[
          { id: 'name', header: 'Name', by: (g) => g.GroupName ?? '', cell: (g) => <Link href={href(['pools', pool, 'groups', g.GroupName ?? ''])}>{g.GroupName}</Link> },
          { id: 'description', header: 'Description', cell: (g) => g.Description ?? '–' },
          { id: 'precedence', header: 'Precedence', by: (g) => g.Precedence ?? Infinity, cell: (g) => g.Precedence ?? '–' },
          { id: 'role', header: 'Role', cell: (g) => g.RoleArn ?? '–' },
          { id: 'changed', header: 'Changed', by: (g) => g.LastModifiedDate?.getTime() ?? 0, cell: (g) => <When at={g.LastModifiedDate} /> },
          { id: 'edit', header: 'Change', cell: (g) => <Button variant="inline-link" ariaLabel={`Edit ${g.GroupName}`} onClick={() => setEdit(g)}>Edit</Button> },
        ]}
        empty={<Empty title="There are no groups" action={create}>Policies can then tell one kind of user from another.</Empty>}
      />
      {edit && <Edit pool={pool} group={edit === 'new' ? undefined : edit} close={() => setEdit(undefined)} done={asked.again} />}
    </Page>
  );
}

function Edit({ pool, group, close, done }: { pool: string; group: GroupType | undefined; close: () => void; done: () => void }) {
  const [name, setName] = useState(group?.GroupName ?? '');
  const [description, setDescription] = useState(group?.Description ?? '');
  const [precedence, setPrecedence] = useState(group?.Precedence?.toString() ?? '');
  const [role, setRole] = useState(group?.RoleArn ?? '');
  const input = { UserPoolId: pool, GroupName: name.trim(), ...(description || group ? { Description: description } : {}), ...(precedence.trim() ? { Precedence: Number(precedence) } : {}), ...(role.trim() ? { RoleArn: role.trim() } : {}) };
  return (
    <Dialog
      title={group ? `Group ${group.GroupName}` : 'Create group'}
      submit={group ? 'Save' : 'Create group'}
      ready={name.trim() !== ''}
      change={() => (group ? userPools().send(new UpdateGroupCommand(input)) : userPools().send(new CreateGroupCommand(input)))}
      said={group ? 'The group is saved.' : `The group ${name.trim()} is there.`}
      close={close}
      done={done}
      cli={[{ service: 'cognito-idp', operation: group ? 'UpdateGroup' : 'CreateGroup', input }]}
    >
      {!group && <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="group-name" autoFocus spellcheck={false} autoComplete={false} /></FormField>}
      <FormField label={<>Description <i>– optional</i></>}><Input value={description} onChange={(e) => setDescription(e.detail.value)} name="description" autoComplete={false} /></FormField>
      <FormField label={<>Precedence <i>– optional</i></>} description="The lower number wins where a user is in several groups."><Input value={precedence} onChange={(e) => setPrecedence(e.detail.value)} name="precedence" type="number" autoComplete={false} /></FormField>
      <FormField label={<>Role ARN <i>– optional</i></>} description="For credentials from an identity pool."><Input value={role} onChange={(e) => setRole(e.detail.value)} name="role" spellcheck={false} autoComplete={false} /></FormField>
    </Dialog>
  );
}

async function membersOf(pool: string, group: string): Promise<UserType[]> {
  return every<UserType>(async (next) => {
    const answer = await userPools().send(new ListUsersInGroupCommand({ UserPoolId: pool, GroupName: group, Limit: 60, NextToken: next }));
    return [answer.Users, answer.NextToken];
  }, 600);
}

function Members({ pool, group }: { pool: string; group: string }) {
  const asked = useAsk(() => membersOf(pool, group), [pool, group]);
  const [ending, setEnding] = useState(false);
  const input = { UserPoolId: pool, GroupName: group };
  return (
    <Page title={group} about="A group of this pool." actions={<SpaceBetween direction="horizontal" size="xs"><Button onClick={() => setEnding(true)}>Delete</Button></SpaceBetween>}>
      <List
        title="Members"
        about={(asked.data?.length ?? 0) >= 600 ? 'The first 600.' : undefined}
        of={asked}
        id={(u) => u.Username ?? ''}
        text={(u) => `${u.Username} ${attribute(u, 'email')}`}
        columns={[
          { id: 'username', header: 'Username', by: (u) => u.Username ?? '', cell: (u) => <Link href={href(['pools', pool, 'users', u.Username ?? ''])}>{u.Username}</Link> },
          { id: 'email', header: 'Email', cell: (u) => attribute(u, 'email') ?? '–' },
          { id: 'status', header: 'Status', cell: (u) => <Status status={u.UserStatus} enabled={u.Enabled} /> },
        ]}
        empty={<Empty title="Nobody is in it">A user is added on the user's own page.</Empty>}
      />
      {ending && (
        <Destroy title={`Delete the group ${group}`} name={group} change={() => userPools().send(new DeleteGroupCommand(input))} said={`The group ${group} was deleted.`} close={() => setEnding(false)} done={() => go(['pools', pool, 'groups'])} cli={[{ service: 'cognito-idp', operation: 'DeleteGroup', input }]}>
          Its members stay; decisions know the role no more, at once.
        </Destroy>
      )}
    </Page>
  );
}
