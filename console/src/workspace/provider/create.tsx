// A new connection: first the template, then its form.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tiles from '@cloudscape-design/components/tiles';
import { useState } from 'react';
import { admin } from '../../admin';
import { useAsk, useDo } from '../../ask';
import { Cli } from '../../part/dialog';
import { useNotices } from '../../part/notices';
import { Failed, Page, Shown } from '../../part/shown';
import { go } from '../../route';
import { getWorkspace, listTemplates } from '../ask';
import type { Connection, Template, Workspace } from '../types';
import { creating } from '../words';
import { bodyOf, empty, type Draft } from './draft';
import { ConnectionForm, NoTemplate, complete, entityOf } from './form';

const kinds: Record<string, string> = {
  cognito: 'A user pool at AWS, or of another Cognate.', oidc: 'Any provider that speaks OpenID Connect.', saml: 'Any provider that speaks SAML, such as an old company directory.',
  saml_v2: 'Any provider that speaks SAML, such as an old company directory.', microsoft: 'Personal accounts.', oauth2: 'A provider that speaks OAuth 2.0 alone, without ID tokens.', custom: 'A page of yours says who somebody is.', azure: 'The accounts of one organization.',
};
const first = ['cognito', 'oidc', 'saml', 'saml_v2', 'oauth2', 'custom'];

export function Choose({ workspace }: { workspace: string }) {
  const asked = useAsk(listTemplates, []);
  const [method, setMethod] = useState('cognito');
  return (
    <Page title="Create connection" about="Where do your people have their accounts?">
      <Shown of={asked}>
        {(all) => (
          <SpaceBetween size="l">
            <Container header={<Header variant="h2">Template</Header>}>
              <Tiles
                value={method}
                onChange={(e) => setMethod(e.detail.value)}
                ariaLabel="Template"
                columns={3}
                items={offered(all).map((t) => ({ value: t.method, label: t.title, description: kinds[t.method] }))}
              />
            </Container>
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={() => go(['workspaces', workspace, 'providers'])}>Cancel</Button>
                <Button variant="primary" onClick={() => go(['workspaces', workspace, 'providers', creating, method])}>Next</Button>
              </SpaceBetween>
            </Box>
          </SpaceBetween>
        )}
      </Shown>
    </Page>
  );
}

/** Those that people can tell apart, the general ones first. */
function offered(all: Template[]): Template[] {
  const place = (t: Template) => (first.indexOf(t.method) + 1 || 100);
  return all.filter((t, i) => all.findIndex((o) => o.title === t.title) === i).sort((a, b) => place(a) - place(b));
}

export function Fill({ workspace, method }: { workspace: string; method: string }) {
  const asked = useAsk(async () => {
    const [all, space] = await Promise.all([listTemplates(), getWorkspace(workspace)]);
    return { template: all.find((t) => t.method === method), space };
  }, [workspace, method]);
  return (
    <Page title={`Connect ${asked.data?.template?.title ?? method}`} about="What is not asked here has a safe default. Attributes and mappings begin with the standard ones, and can be changed afterwards.">
      <Shown of={asked}>{({ template, space }) => (template ? <New template={template} space={space} /> : <NoTemplate method={method} />)}</Shown>
    </Page>
  );
}

/** Where the provider will send people back to. */
function redirectOf(space: Workspace, t: Template, d: Draft): string {
  const own = d.settings.own_redirect_url === true;
  return space.issuer_url + t.redirect_path + (own ? `/${d.id || 'ID'}` : '');
}

function New({ template, space }: { template: Template; space: Workspace }) {
  const notices = useNotices();
  const act = useDo();
  const [draft, set] = useState(() => empty(template));
  const ready = complete(template, draft);
  const path = ['servers', space.id, 'idps', template.method];
  const body = bodyOf(draft);

  async function create() {
    const made = await admin<Connection>({ path, body });
    notices.good(`The connection ${made.name} is there.`);
    go(['workspaces', space.id, 'providers', made.id]);
  }

  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (ready && !act.busy) void act.run(create);
      }}
    >
      <SpaceBetween size="l">
        <ConnectionForm template={template} draft={draft} set={(c) => set((was) => ({ ...was, ...c }))} redirect={redirectOf(space, template, draft)} entity={entityOf(space)} />
        <Container><Cli calls={[{ path, body }]} /></Container>
        <Failed fault={act.fault} />
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" formAction="none" onClick={() => go(['workspaces', space.id, 'providers', creating])}>Back</Button>
            <Button variant="primary" formAction="submit" loading={act.busy} disabled={!ready}>Save</Button>
          </SpaceBetween>
        </Box>
      </SpaceBetween>
    </form>
  );
}
