// Who has come to an identity pool.
import {
  DeleteIdentitiesCommand, DescribeIdentityCommand, ListIdentitiesCommand, LookupDeveloperIdentityCommand, type IdentityDescription,
} from '@aws-sdk/client-cognito-identity';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { useAsk, useDo } from '../ask';
import { identityPools } from '../aws';
import { every } from '../every';
import { Cli, Destroy, type AwsCall } from '../part/dialog';
import { List } from '../part/list';
import { Empty, Failed, Id, When } from '../part/shown';
import type { Common } from './overview';

const most = 600;

/** One that nobody reaches any more was merged into another, or has lost its last login. */
interface Row extends IdentityDescription {
  ended: boolean;
}

async function list(id: string, HideDisabled: boolean): Promise<IdentityDescription[]> {
  return every<IdentityDescription>(async (next) => {
    const answer = await identityPools().send(new ListIdentitiesCommand({ IdentityPoolId: id, MaxResults: 60, HideDisabled, NextToken: next }));
    return [answer.Identities, answer.NextToken];
  }, most);
}

/** The API does not say of an identity that it has ended: it is in one list and not in the other. */
async function identitiesOf(id: string, ended: boolean): Promise<Row[]> {
  const live = await list(id, true);
  if (!ended) return live.map((i) => ({ ...i, ended: false }));
  const known = new Set(live.map((i) => i.IdentityId));
  return (await list(id, false)).map((i) => ({ ...i, ended: !known.has(i.IdentityId) })); // as many in the same order: none is beyond the last live one
}

const how = (i: Row) => (i.ended ? 'nobody reaches it any more' : i.Logins?.join(', ') || 'a guest');

export function Identities({ of }: Common) {
  const id = of.pool.IdentityPoolId ?? '';
  const [all, setAll] = useState(false);
  const [ending, setEnding] = useState('');
  const asked = useAsk(() => identitiesOf(id, all), [id, all]);
  const end = (one: string): AwsCall => ({ service: 'cognito-identity', operation: 'DeleteIdentities', input: { IdentityIdsToDelete: [one] } });
  return (
    <SpaceBetween size="l">
      <LookUp pool={id} developer={of.pool.DeveloperProviderName} end={setEnding} />
      <List
        title="Identities"
        about={(asked.data?.length ?? 0) >= most ? `The first ${most}, by their ids.` : 'Whoever comes with the same login again is the same one.'}
        of={asked}
        id={(i) => i.IdentityId ?? ''}
        text={(i) => `${i.IdentityId} ${how(i)}`}
        columns={[
          { id: 'id', header: 'ID', minWidth: 200, by: (i) => i.IdentityId ?? '', cell: (i) => <Id>{i.IdentityId ?? ''}</Id> },
          { id: 'logins', header: 'Signed in with', by: how, cell: (i) => <span className="long">{how(i)}</span> },
          { id: 'created', header: 'Created', by: (i) => i.CreationDate?.getTime() ?? 0, cell: (i) => <When at={i.CreationDate} /> },
          { id: 'changed', header: 'Changed', wide: true, by: (i) => i.LastModifiedDate?.getTime() ?? 0, cell: (i) => <When at={i.LastModifiedDate} /> },
          { id: 'act', header: 'Change', minWidth: 100, cell: (i) => <Button variant="inline-link" ariaLabel={`Delete the identity ${i.IdentityId}`} onClick={() => setEnding(i.IdentityId ?? '')}>Delete</Button> },
        ]}
        actions={<Toggle checked={all} onChange={(e) => setAll(e.detail.checked)}>Ended ones, too</Toggle>}
        empty={<Empty title="Nobody has come yet">An app makes an identity with <code>GetId</code>.</Empty>}
      />
      {ending && (
        <Destroy
          title="Delete the identity"
          name={ending}
          change={async () => {
            const answer = await identityPools().send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [ending] }));
            const left = answer.UnprocessedIdentityIds?.[0];
            if (left) throw new Error(`It was not deleted: ${left.ErrorCode}.`);
          }}
          said="The identity was deleted."
          close={() => setEnding('')}
          done={asked.again}
          cli={[end(ending)]}
        >
          Whoever comes with its logins again is somebody new: what apps keep under its id is theirs no more.
        </Destroy>
      )}
    </SpaceBetween>
  );
}

interface Found {
  identity: IdentityDescription;
  users: string[];
  calls: AwsCall[];
}

/** Finds an identity by its id, or by the user of one's own backend that it belongs to. */
async function find(pool: string, developer: string | undefined, text: string): Promise<Found> {
  const byId = /^[\w-]+:[0-9a-f-]{36}$/.test(text);
  const calls: AwsCall[] = [];
  let id = text;
  let users: string[] = [];
  if (developer && !byId) {
    const input = { IdentityPoolId: pool, DeveloperUserIdentifier: text };
    calls.push({ service: 'cognito-identity', operation: 'LookupDeveloperIdentity', input });
    id = (await identityPools().send(new LookupDeveloperIdentityCommand(input))).IdentityId ?? '';
  }
  const identity = await identityPools().send(new DescribeIdentityCommand({ IdentityId: id }));
  calls.push({ service: 'cognito-identity', operation: 'DescribeIdentity', input: { IdentityId: id } });
  if (developer && identity.Logins?.includes(developer)) {
    const input = { IdentityPoolId: pool, IdentityId: id, MaxResults: 60 };
    users = (await identityPools().send(new LookupDeveloperIdentityCommand(input))).DeveloperUserIdentifierList ?? [];
    calls.push({ service: 'cognito-identity', operation: 'LookupDeveloperIdentity', input });
  }
  return { identity, users, calls };
}

function LookUp({ pool, developer, end }: { pool: string; developer: string | undefined; end: (id: string) => void }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Found>();
  const act = useDo();
  const close = () => setFound(undefined);
  const one = found?.identity;
  return (
    <Container header={<Header variant="h2">Look one up</Header>}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (text.trim()) void act.run(async () => setFound(await find(pool, developer, text.trim())));
        }}
      >
        <SpaceBetween size="s">
          <FormField label={developer ? `ID of an identity, or of a user of ${developer}` : 'ID of an identity'} description="An identity is found by its id in whichever pool it is." stretch secondaryControl={<Button formAction="submit" loading={act.busy} disabled={!text.trim()}>Look up</Button>}>
            <Input value={text} onChange={(e) => setText(e.detail.value)} name="identity" placeholder={pool.split(':')[0] + ':…'} spellcheck={false} autoComplete={false} />
          </FormField>
          <Failed fault={act.fault} />
        </SpaceBetween>
      </form>
      {found && one && (
        <Modal visible header="Identity" closeAriaLabel="Close" onDismiss={close} footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button onClick={() => { close(); end(one.IdentityId ?? ''); }}>Delete</Button><Button variant="primary" onClick={close}>Done</Button></SpaceBetween></Box>}>
          <SpaceBetween size="m">
            <KeyValuePairs
              columns={1}
              items={[
                { label: 'ID', value: <Id>{one.IdentityId ?? ''}</Id> },
                { label: 'Signed in with', value: <span className="long">{one.Logins?.join(', ') || 'nothing: it is a guest, or nobody reaches it any more'}</span> },
                ...(found.users.length > 0 ? [{ label: `Users of ${developer}`, value: found.users.join(', ') }] : []),
                { label: 'Created', value: <When at={one.CreationDate} /> },
                { label: 'Changed', value: <When at={one.LastModifiedDate} /> },
              ]}
            />
            <Cli calls={found.calls} />
          </SpaceBetween>
        </Modal>
      )}
    </Container>
  );
}
