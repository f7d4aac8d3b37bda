// The users of a pool, as Cognito lists them: a page at a time, found by one attribute.
import { AdminCreateUserCommand, DescribeUserPoolCommand, ListUsersCommand, type AdminCreateUserCommandInput, type UserType } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Link from '@cloudscape-design/components/link';
import Pagination from '@cloudscape-design/components/pagination';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { useEffect, useState } from 'react';
import { useAsk, usePages } from '../ask';
import { userPools } from '../aws';
import { Dialog } from '../part/dialog';
import { Again, pageLabels } from '../part/list';
import { Empty, Failed, Page, When } from '../part/shown';
import { go, href } from '../route';

/** What Cognito can filter by. */
const fields = ['username', 'email', 'phone_number', 'name', 'given_name', 'family_name', 'preferred_username', 'sub', 'cognito:user_status', 'status'];
const ways = [
  { value: '^=', label: 'begins with' },
  { value: '=', label: 'is' },
];

/** A filter as ListUsers takes it. */
export function filterOf(field: string, way: string, text: string): string | undefined {
  if (text === '') return undefined;
  return `${field} ${way} "${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

export function attribute(u: UserType, name: string): string | undefined {
  return u.Attributes?.find((a) => a.Name === name)?.Value;
}

export const statuses: Record<string, { type: 'success' | 'pending' | 'warning' | 'info' | 'stopped'; text: string }> = {
  CONFIRMED: { type: 'success', text: 'Confirmed' },
  UNCONFIRMED: { type: 'pending', text: 'Not confirmed yet' },
  FORCE_CHANGE_PASSWORD: { type: 'pending', text: 'Must change password' },
  RESET_REQUIRED: { type: 'warning', text: 'Must reset password' },
  EXTERNAL_PROVIDER: { type: 'info', text: 'From a provider' },
  ARCHIVED: { type: 'stopped', text: 'Archived' },
};

export function Status({ status, enabled }: { status: string | undefined; enabled: boolean | undefined }) {
  if (enabled === false) return <StatusIndicator type="error">Disabled</StatusIndicator>;
  const s = statuses[status ?? ''];
  return <StatusIndicator type={s?.type ?? 'info'}>{s?.text ?? status}</StatusIndicator>;
}

export default function Users({ pool, query }: { pool: string; query: URLSearchParams }) {
  const [field, setField] = useState(query.get('field') ?? 'email');
  const [way, setWay] = useState(query.get('way') ?? '^=');
  const [text, setText] = useState(query.get('text') ?? '');
  const pages = usePages();
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState({ field, way, text });
  const filter = filterOf(asked.field, asked.way, asked.text);
  const list = useAsk(
    async () => {
      const answer = await userPools().send(new ListUsersCommand({ UserPoolId: pool, Limit: 20, Filter: filter, PaginationToken: pages.token }));
      return { users: answer.Users ?? [], next: answer.PaginationToken };
    },
    [pool, filter, pages.token],
  );
  const { seen } = pages;
  useEffect(() => seen(list.data?.next), [seen, list.data]);

  function search() {
    pages.reset();
    setAsked({ field, way, text: text.trim() });
    go(['pools', pool, 'users'], text.trim() ? { field, way, text: text.trim() } : {});
  }

  const create = <Button variant="primary" onClick={() => setAdding(true)}>Create user</Button>;
  const options = fields.map((value) => ({ value, label: value }));
  return (
    <Page title="Users" about="The people of this pool." actions={create}>
      <form
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          search();
        }}
      >
        <SpaceBetween direction="horizontal" size="xs" alignItems="end">
          <FormField label="Find by"><Select selectedOption={options.find((o) => o.value === field) ?? null} options={options} onChange={(e) => setField(e.detail.selectedOption.value ?? 'email')} /></FormField>
          <FormField label="How"><Select selectedOption={ways.find((o) => o.value === way) ?? null} options={ways} onChange={(e) => setWay(e.detail.selectedOption.value ?? '=')} /></FormField>
          <FormField label="Text"><Input type="search" value={text} onChange={(e) => setText(e.detail.value)} name="text" spellcheck={false} clearAriaLabel="Clear" /></FormField>
          <Button formAction="submit" iconName="search">Find</Button>
        </SpaceBetween>
      </form>
      <Failed fault={list.fault} again={list.again} />
      <Table
        items={list.data?.users ?? []}
        loading={list.loading && !list.data}
        loadingText="Asking the server"
        trackBy="Username"
        wrapLines
        ariaLabels={{ tableLabel: 'Users' }}
        header={<Header actions={<Again of={list} what="users" />}>{filter ? 'Found' : 'Everybody'}</Header>}
        columnDefinitions={[
          { id: 'username', header: 'Username', isRowHeader: true, minWidth: 140, cell: (u) => <Link href={href(['pools', pool, 'users', u.Username ?? ''])}>{u.Username}</Link> },
          { id: 'email', header: 'Email', minWidth: 170, cell: (u) => attribute(u, 'email') ?? '–' },
          { id: 'name', header: 'Name', minWidth: 120, cell: (u) => attribute(u, 'name') ?? ([attribute(u, 'given_name'), attribute(u, 'family_name')].filter(Boolean).join(' ') || '–') },
          { id: 'status', header: 'Status', minWidth: 130, cell: (u) => <Status status={u.UserStatus} enabled={u.Enabled} /> },
          { id: 'created', header: 'Created', minWidth: 190, cell: (u) => <When at={u.UserCreateDate} /> },
        ]}
        pagination={
          pages.count > 1 ? (
            <Pagination
              currentPageIndex={pages.index + 1}
              pagesCount={pages.count}
              openEnd={list.data?.next !== undefined}
              onChange={(e) => pages.to(e.detail.currentPageIndex - 1)}
              ariaLabels={pageLabels}
            />
          ) : undefined
        }
        empty={filter ? <Empty title="Nobody is like that">Upper and lower case count.</Empty> : <Empty title="There is nobody yet" action={create}>Create a user, or let people sign up.</Empty>}
      />
      {adding && <NewUser pool={pool} close={() => setAdding(false)} done={list.again} />}
    </Page>
  );
}

function NewUser({ pool, close, done }: { pool: string; close: () => void; done: () => void }) {
  const about = useAsk(async () => (await userPools().send(new DescribeUserPoolCommand({ UserPoolId: pool }))).UserPool, [pool]);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [phone, setPhone] = useState('');
  const [verified, setVerified] = useState(true);
  const [how, setHow] = useState('invite');
  const [password, setPassword] = useState('');
  const byEmail = about.data?.UsernameAttributes?.includes('email') ?? false;
  const byPhone = about.data?.UsernameAttributes?.includes('phone_number') ?? false;
  const named = !byEmail && !byPhone;
  const username = named ? name.trim() : byEmail && email.trim() ? email.trim() : phone.trim();
  const attributes = [
    ...(email.trim() ? [{ Name: 'email', Value: email.trim() }, ...(verified ? [{ Name: 'email_verified', Value: 'true' }] : [])] : []),
    ...(phone.trim() ? [{ Name: 'phone_number', Value: phone.trim() }, ...(verified ? [{ Name: 'phone_number_verified', Value: 'true' }] : [])] : []),
  ];
  const input: AdminCreateUserCommandInput = {
    UserPoolId: pool,
    Username: username,
    UserAttributes: attributes,
    ...(password ? { TemporaryPassword: password } : {}),
    ...(how === 'invite' ? { DesiredDeliveryMediums: [email.trim() ? 'EMAIL' : 'SMS'] } : { MessageAction: 'SUPPRESS' }),
  };
  return (
    <Dialog
      title="Create user"
      submit={how === 'invite' ? 'Create and invite' : 'Create user'}
      ready={username !== ''}
      change={() => userPools().send(new AdminCreateUserCommand(input))}
      said={how === 'invite' ? `${username} was created, and the invitation is on its way.` : `${username} was created.`}
      close={close}
      done={done}
      cli={[{ service: 'cognito-idp', operation: 'AdminCreateUser', input }]}
    >
      <Failed fault={about.fault} />
      {named && <FormField label="Username"><Input value={name} onChange={(e) => setName(e.detail.value)} name="username" autoFocus spellcheck={false} autoComplete={false} /></FormField>}
      <FormField label={byEmail ? 'Email address' : <>Email address <i>– optional</i></>}><Input value={email} onChange={(e) => setEmail(e.detail.value)} name="email" type="email" spellcheck={false} autoComplete={false} /></FormField>
      <FormField label={byPhone && !byEmail ? 'Phone number' : <>Phone number <i>– optional</i></>} description="With the country: +14155550123"><Input value={phone} onChange={(e) => setPhone(e.detail.value)} name="phone" inputMode="tel" autoComplete={false} /></FormField>
      <Checkbox checked={verified} onChange={(e) => setVerified(e.detail.checked)}>The address and the number are known to be theirs</Checkbox>
      <FormField label="Invitation" stretch>
        <RadioGroup
          value={how}
          onChange={(e) => setHow(e.detail.value)}
          items={[
            { value: 'invite', label: 'Send a temporary password', description: 'By email if there is an address, else by text message.' },
            { value: 'none', label: 'Send nothing' },
          ]}
        />
      </FormField>
      <FormField label={<>Temporary password <i>– optional</i></>} description="Without one, the server makes one.">
        <Input value={password} onChange={(e) => setPassword(e.detail.value)} name="temporary-password" type="password" autoComplete="new-password" />
      </FormField>
    </Dialog>
  );
}
