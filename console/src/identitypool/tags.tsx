// Attributes for access control: claims of tokens that become tags of the credentials, which policies of roles ask for.
import { GetPrincipalTagAttributeMapCommand, SetPrincipalTagAttributeMapCommand } from '@aws-sdk/client-cognito-identity';
import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import { useState } from 'react';
import { useAsk } from '../ask';
import { identityPools } from '../aws';
import { Dialog } from '../part/dialog';
import { List } from '../part/list';
import { Empty } from '../part/shown';
import { Two } from '../part/two';
import type { Common } from './overview';
import { providers, type Provider } from './pool';

interface Tags {
  provider: Provider;
  defaults: boolean;
  tags: Record<string, string>;
}

async function tagsOf(id: string, all: Provider[]): Promise<Tags[]> {
  // Apps of one user pool share its tags.
  const once = all.filter((p, i) => all.findIndex((q) => q.login === p.login) === i);
  return Promise.all(once.map(async (provider) => {
    const answer = await identityPools().send(new GetPrincipalTagAttributeMapCommand({ IdentityPoolId: id, IdentityProviderName: provider.login }));
    return { provider, defaults: answer.UseDefaults ?? false, tags: answer.PrincipalTags ?? {} };
  }));
}

const sorted = (tags: Record<string, string>) => Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));

export function TagMaps({ of }: Common) {
  const id = of.pool.IdentityPoolId ?? '';
  const all = providers(of.pool);
  const asked = useAsk(() => tagsOf(id, all), [of]);
  const [edit, setEdit] = useState<Tags>();
  return (
    <>
      <List
        title="Attributes for access control"
        about="Claims that become tags of the credentials: policies of roles ask for them as aws:PrincipalTag."
        of={asked}
        id={(t) => t.provider.login}
        columns={[
          { id: 'provider', header: 'Provider', cell: (t) => <Two top={t.provider.text} below={t.provider.login} /> },
          { id: 'tags', header: 'Tags', minWidth: 200, cell: (t) => (sorted(t.tags).length === 0 ? 'none' : <ul className="plain">{sorted(t.tags).map(([tag, claim]) => <li key={tag}><b>{tag}</b> is the claim <code>{claim}</code></li>)}</ul>) },
          { id: 'which', header: 'Which', cell: (t) => (t.defaults ? 'those of Cognito' : sorted(t.tags).length > 0 ? 'chosen here' : '–') },
          { id: 'act', header: 'Change', minWidth: 100, cell: (t) => <Button variant="inline-link" ariaLabel={`Edit the tags of ${t.provider.text}`} onClick={() => setEdit(t)}>Edit</Button> },
        ]}
        empty={<Empty title="There are no providers">Tags come from the tokens of a provider.</Empty>}
      />
      {edit && <Edit id={id} was={edit} close={() => setEdit(undefined)} done={asked.again} />}
    </>
  );
}

interface Row {
  tag: string;
  claim: string;
}

function Edit({ id, was, close, done }: { id: string; was: Tags; close: () => void; done: () => void }) {
  const [which, setWhich] = useState(was.defaults ? 'defaults' : Object.keys(was.tags).length > 0 ? 'own' : 'none');
  const [rows, setRows] = useState<Row[]>(was.defaults || Object.keys(was.tags).length === 0 ? [{ tag: '', claim: '' }] : sorted(was.tags).map(([tag, claim]) => ({ tag, claim })));
  const put = (i: number, part: Partial<Row>) => setRows(rows.map((r, j) => (j === i ? { ...r, ...part } : r)));
  const twice = (r: Row, i: number) => r.tag.trim() !== '' && rows.some((x, j) => j < i && x.tag.trim() === r.tag.trim());
  const input = {
    IdentityPoolId: id, IdentityProviderName: was.provider.login, UseDefaults: which === 'defaults',
    ...(which === 'defaults' ? {} : { PrincipalTags: which === 'own' ? Object.fromEntries(rows.map((r) => [r.tag.trim(), r.claim.trim()])) : {} }),
  };
  const ready = which !== 'own' || (rows.length > 0 && rows.every((r, i) => r.tag.trim() && r.claim.trim() && !twice(r, i)));
  return (
    <Dialog title={`Tags of ${was.provider.text}`} submit="Save" large ready={ready} change={() => identityPools().send(new SetPrincipalTagAttributeMapCommand(input))} said="The tags are saved." close={close} done={done} cli={ready ? [{ service: 'cognito-identity', operation: 'SetPrincipalTagAttributeMap', input }] : undefined}>
      <FormField label="Credentials have">
        <RadioGroup
          value={which}
          onChange={(e) => setWhich(e.detail.value)}
          items={[
            { value: 'none', label: 'No tags' },
            { value: 'defaults', label: 'The tags of Cognito', description: 'username is the claim sub, client is the claim aud.' },
            { value: 'own', label: 'Tags of your choice' },
          ]}
        />
      </FormField>
      {which === 'own' && (
        <FormField label="Tags" description="A claim that is absent, or has several values, gives none." stretch>
          <AttributeEditor
            items={rows}
            addButtonText="Add tag"
            removeButtonText="Remove"
            removeButtonAriaLabel={(r) => `Remove the tag ${r.tag}`}
            empty="There are no tags: add one."
            onAddButtonClick={() => setRows([...rows, { tag: '', claim: '' }])}
            onRemoveButtonClick={(e) => setRows(rows.filter((_, i) => i !== e.detail.itemIndex))}
            definition={[
              { label: 'Tag', errorText: (r, i) => (twice(r, i) ? 'It is there already.' : undefined), control: (r, i) => <Input value={r.tag} onChange={(e) => put(i, { tag: e.detail.value })} ariaLabel={`Tag ${i + 1}`} placeholder="department" spellcheck={false} autoComplete={false} /> },
              { label: 'Claim', control: (r, i) => <Input value={r.claim} onChange={(e) => put(i, { claim: e.detail.value })} ariaLabel={`Claim of tag ${i + 1}`} placeholder="custom:department" spellcheck={false} autoComplete={false} /> },
            ]}
          />
        </FormField>
      )}
      The roles must let such a session be tagged: their trust policies need <code>sts:TagSession</code>.
    </Dialog>
  );
}
