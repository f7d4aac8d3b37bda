// A connection, tab by tab.
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Tabs from '@cloudscape-design/components/tabs';
import { useState } from 'react';
import { admin } from '../../admin';
import { useAsk } from '../../ask';
import { Destroy } from '../../part/dialog';
import { Page, Shown } from '../../part/shown';
import { go, href } from '../../route';
import { getConnection, getWorkspace, listTemplates } from '../ask';
import { TryIt } from '../try';
import type { Connection, Template, Workspace } from '../types';
import { Attributes } from './attributes';
import { Configuration } from './configuration';
import { Extensions } from './extensions';
import { Mappings } from './mappings';

/** What every tab is given. */
export interface Seen {
  space: Workspace;
  connection: Connection;
  template: Template | undefined;
  again: () => void;
}

const tabs: { id: string; label: string; Tab: (p: Seen) => React.ReactNode }[] = [
  { id: 'configuration', label: 'Configuration', Tab: Configuration },
  { id: 'attributes', label: 'Attributes', Tab: Attributes },
  { id: 'mappings', label: 'Mappings', Tab: Mappings },
  { id: 'extensions', label: 'Extensions', Tab: Extensions },
];

async function look(workspace: string, id: string): Promise<Omit<Seen, 'again'>> {
  const [space, connection, templates] = await Promise.all([getWorkspace(workspace), getConnection(workspace, id), listTemplates()]);
  return { space, connection, template: templates.find((t) => t.method === connection.method) };
}

export function Provider({ workspace, id, tab = 'configuration' }: { workspace: string; id: string; tab?: string }) {
  const asked = useAsk(() => look(workspace, id), [workspace, id]);
  const [ending, setEnding] = useState(false);
  const c = asked.data?.connection;
  const path = ['servers', workspace, 'idps', c?.method ?? '', id];
  const place = ['workspaces', workspace, 'providers'];
  return (
    <Page
      title={c?.name ?? id}
      about={asked.data && <About of={asked.data} />}
      actions={
        asked.data && (
          <SpaceBetween direction="horizontal" size="xs">
            <TryIt space={asked.data.space} again={asked.again} />
            <Button onClick={() => setEnding(true)}>Delete</Button>
          </SpaceBetween>
        )
      }
    >
      <Shown of={asked}>
        {(seen) => (
          <Tabs
            activeTabId={tab}
            ariaLabel="Settings of the connection"
            i18nStrings={{ scrollLeftAriaLabel: 'Tabs further left', scrollRightAriaLabel: 'Tabs further right' }}
            tabs={tabs.map(({ id: t, label, Tab }) => ({ id: t, label, href: href([...place, id, t]), content: t === tab && <Tab {...seen} again={asked.again} /> }))}
            onChange={(e) => go([...place, id, e.detail.activeTabId])}
          />
        )}
      </Shown>
      {ending && c && (
        <Destroy
          title={`Delete the connection ${c.name}`}
          name={id}
          change={() => admin({ method: 'DELETE', path })}
          said={`The connection ${c.name} was deleted.`}
          close={() => setEnding(false)}
          done={() => go(place)}
          cli={[{ method: 'DELETE', path }]}
        >
          Nobody comes through it any more, and what is kept of those who did is forgotten. Their users stay in the pool.
        </Destroy>
      )}
    </Page>
  );
}

function About({ of: { connection: c, template } }: { of: Omit<Seen, 'again'> }) {
  return <>{template?.title ?? c.method} · <Status of={c} /></>;
}

export function Status({ of: c }: { of: Connection }) {
  if (c.disabled) return <StatusIndicator type="stopped">Disabled</StatusIndicator>;
  return c.hidden ? <StatusIndicator type="info" colorOverride="grey">Hidden</StatusIndicator> : <StatusIndicator type="success">Offered</StatusIndicator>;
}

