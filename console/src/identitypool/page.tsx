// One identity pool.
import { DeleteIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import Button from '@cloudscape-design/components/button';
import Tabs from '@cloudscape-design/components/tabs';
import { useState, type ReactNode } from 'react';
import { useAsk } from '../ask';
import { identityPools } from '../aws';
import { Destroy } from '../part/dialog';
import { Page, Shown } from '../part/shown';
import { go } from '../route';
import { Identities } from './identities';
import { Overview, type Common } from './overview';
import { whole } from './pool';
import { Providers } from './providers';
import { Roles } from './roles';
import { TagMaps } from './tags';
import { Way } from './way';

const tabs: { id: string; label: string; Content: (p: Common) => ReactNode }[] = [
  { id: 'overview', label: 'Overview', Content: Overview },
  { id: 'providers', label: 'Providers', Content: Providers },
  { id: 'roles', label: 'Roles', Content: Roles },
  { id: 'tags', label: 'Attributes', Content: TagMaps },
  { id: 'way', label: 'Who gets which role', Content: Way },
  { id: 'identities', label: 'Identities', Content: Identities },
];

export function Pool({ pool, tab: wanted }: { pool: string; tab: string | undefined }) {
  const tab = tabs.find((t) => t.id === wanted)?.id ?? 'overview';
  const asked = useAsk(() => whole(pool), [pool]);
  const [ending, setEnding] = useState(false);
  const name = asked.data?.pool.IdentityPoolName ?? pool;
  const gone = { IdentityPoolId: pool };
  return (
    <Page title={name} about="Whoever comes with a token of its providers is one identity, and gets temporary credentials of a role." actions={asked.data && <Button onClick={() => setEnding(true)}>Delete</Button>}>
      <Shown of={asked}>
        {(of) => (
          <Tabs
            activeTabId={tab}
            onChange={(e) => go(e.detail.activeTabId === 'overview' ? ['identity-pools', pool] : ['identity-pools', pool, e.detail.activeTabId])}
            ariaLabel="Identity pool"
            i18nStrings={{ scrollLeftAriaLabel: 'Tabs before', scrollRightAriaLabel: 'Tabs after' }}
            tabs={tabs.map(({ id, label, Content }) => ({ id, label, content: id === tab ? <Content of={of} again={asked.again} /> : null }))}
          />
        )}
      </Shown>
      {ending && (
        <Destroy title={`Delete the identity pool ${name}`} name={name} change={() => identityPools().send(new DeleteIdentityPoolCommand(gone))} said={`The identity pool ${name} was deleted.`} close={() => setEnding(false)} done={() => go(['identity-pools'])} cli={[{ service: 'cognito-identity', operation: 'DeleteIdentityPool', input: gone }]}>
          Its identities are gone for good: whoever comes again is somebody new. Credentials that were given out are good until they end.
        </Destroy>
      )}
    </Page>
  );
}
