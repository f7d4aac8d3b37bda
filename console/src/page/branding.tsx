// How the sign-in pages of a client look: chosen here, seen at once, saved when it is right.
import {
  CreateManagedLoginBrandingCommand, DescribeManagedLoginBrandingByClientCommand, DescribeUserPoolCommand, DescribeUserPoolDomainCommand, UpdateManagedLoginBrandingCommand,
  type AssetType, type ManagedLoginBrandingType, type UpdateManagedLoginBrandingCommandInput, type UserPoolClientDescription,
} from '@aws-sdk/client-cognito-identity-provider';
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useState } from 'react';
import { useAsk } from '../ask';
import { userPools } from '../aws';
import { Colours, Images, Raw, Shape, wrong, type Chosen } from '../branding/choose';
import { Preview } from '../branding/preview';
import { at, changed, type Mode, type Tree } from '../branding/settings';
import { Dialog, type Call } from '../part/dialog';
import { Empty, Page, Shown } from '../part/shown';
import { clientsOf } from '../pool/look';
import { go, href } from '../route';

export default function Branding({ pool, query }: { pool: string; query: URLSearchParams }) {
  const asked = useAsk(async () => {
    const [clients, described] = await Promise.all([clientsOf(pool), userPools().send(new DescribeUserPoolCommand({ UserPoolId: pool }))]);
    const Domain = described.UserPool?.CustomDomain ?? described.UserPool?.Domain;
    const domain = Domain ? (await userPools().send(new DescribeUserPoolDomainCommand({ Domain }))).DomainDescription : undefined;
    return { clients, classic: domain?.ManagedLoginVersion === 1 };
  }, [pool]);
  return (
    <Page title="Branding" about="How the sign-in pages of an app client look.">
      <Shown of={asked}>
        {({ clients, classic }) => {
          const client = clients.find((c) => c.ClientId === query.get('client')) ?? clients[0];
          if (!client) return <Container><Empty title="There are no app clients">Pages look as their client says. <Link href={href(['pools', pool, 'clients'])}>Create one</Link> first.</Empty></Container>;
          return (
            <SpaceBetween size="l">
              {classic && <Alert type="warning" header="The domain shows the classic pages">They look as <code>aws cognito-idp set-ui-customization</code> says. What is chosen here shows on domains with managed login (version 2).</Alert>}
              <FormField label="App client">
                <Select selectedOption={{ value: client.ClientId, label: client.ClientName }} options={clients.map((c) => ({ value: c.ClientId, label: c.ClientName, description: c.ClientId }))} onChange={(e) => go(['pools', pool, 'branding'], { client: e.detail.selectedOption.value ?? '' })} filteringType={clients.length > 10 ? 'auto' : 'none'} />
              </FormField>
              <OfClient key={client.ClientId} pool={pool} client={client} />
            </SpaceBetween>
          );
        }}
      </Shown>
    </Page>
  );
}

function OfClient({ pool, client }: { pool: string; client: UserPoolClientDescription }) {
  const here = { UserPoolId: pool, ClientId: client.ClientId };
  const asked = useAsk(async () => {
    try {
      return (await userPools().send(new DescribeManagedLoginBrandingByClientCommand({ ...here, ReturnMergedResources: true }))).ManagedLoginBranding ?? null;
    } catch (e) {
      if (e instanceof Error && e.name === 'ResourceNotFoundException') return null;
      throw e;
    }
  }, [pool, client.ClientId]);
  const [adding, setAdding] = useState(false);
  const input = { ...here, UseCognitoProvidedValues: true };
  const create = <Button variant="primary" onClick={() => setAdding(true)}>Create style</Button>;
  return (
    <Shown of={asked}>
      {(style) => (
        <>
          {style ? <Edit key={style.LastModifiedDate?.toISOString()} pool={pool} name={client.ClientName ?? ''} style={style} done={asked.again} /> : <Container><Empty title={`${client.ClientName} has no style`} action={create}>Its pages look as they come. A style begins with that look.</Empty></Container>}
          {adding && <Dialog title={`Create a style for ${client.ClientName}`} submit="Create style" change={() => userPools().send(new CreateManagedLoginBrandingCommand(input))} said="The style is there: now choose." close={() => setAdding(false)} done={asked.again} cli={[{ service: 'cognito-idp', operation: 'CreateManagedLoginBranding', input }]}>It begins with the look that pages have without one.</Dialog>}
        </>
      )}
    </Shown>
  );
}

function Edit({ pool, name, style, done }: { pool: string; name: string; style: ManagedLoginBrandingType; done: () => void }) {
  const before: Chosen = { settings: (style.Settings ?? {}) as Tree, assets: style.Assets ?? [] };
  const [now, set] = useState(before);
  const [mode, setMode] = useState<Mode>('lightMode');
  const [act, setAct] = useState<'save' | 'reset'>();
  const settings = changed(before.settings, now.settings);
  const fresh = now.assets.filter((a) => !before.assets.includes(a));
  const dirty = Object.keys(settings).length > 0 || fresh.length > 0;
  const bad = wrong(now);
  const only = at(now.settings, 'categories.global.colorSchemeMode');
  const shown: Mode = only === 'LIGHT' ? 'lightMode' : only === 'DARK' ? 'darkMode' : mode;
  const here = { UserPoolId: pool, ManagedLoginBrandingId: style.ManagedLoginBrandingId };
  const input = { ...here, ...(Object.keys(settings).length > 0 ? { Settings: settings } : {}), ...(fresh.length > 0 ? { Assets: fresh } : {}) } as UpdateManagedLoginBrandingCommandInput;
  const reset = { ...here, UseCognitoProvidedValues: true };
  const common = { close: () => setAct(undefined), done };
  const props = { ...now, set };
  return (
    <>
      <Grid gridDefinition={[{ colspan: { default: 12, s: 5 } }, { colspan: { default: 12, s: 7 } }]}>
        <Container
          header={
            <Header
              variant="h2"
              description={style.UseCognitoProvidedValues ? 'The look that pages have without a style.' : undefined}
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button disabled={style.UseCognitoProvidedValues && !dirty} onClick={() => (dirty ? set(before) : setAct('reset'))}>{dirty ? 'Discard' : 'Reset'}</Button>
                  <Button variant="primary" disabled={!dirty || bad.length > 0} onClick={() => setAct('save')}>Save</Button>
                </SpaceBetween>
              }
            >
              Style
            </Header>
          }
        >
          <SpaceBetween size="m">
            <SegmentedControl label="Light or dark" selectedId={shown} options={[{ id: 'lightMode', text: 'Light', disabled: only === 'DARK' }, { id: 'darkMode', text: 'Dark', disabled: only === 'LIGHT' }]} onChange={(e) => setMode(e.detail.selectedId as Mode)} />
            <Tabs
              ariaLabel="What to choose"
              tabs={[
                { id: 'colours', label: 'Colours', content: <Colours {...props} mode={shown} /> },
                { id: 'shape', label: 'Shape', content: <Shape {...props} /> },
                { id: 'images', label: 'Images', content: <Images {...props} /> },
              ]}
            />
            <Raw settings={now.settings} />
          </SpaceBetween>
        </Container>
        <div className="following"><Preview {...now} mode={shown} /></div>
      </Grid>
      {act === 'save' && <Dialog {...common} title={`Save the style of ${name}`} submit="Save" change={() => userPools().send(new UpdateManagedLoginBrandingCommand(input))} said="The style is saved." cli={calls(input, fresh)}>Its sign-in pages look so for everybody from now on.</Dialog>}
      {act === 'reset' && <Dialog {...common} title={`Reset the style of ${name}`} submit="Reset" change={() => userPools().send(new UpdateManagedLoginBrandingCommand(reset))} said="The style is as it came." cli={[{ service: 'cognito-idp', operation: 'UpdateManagedLoginBranding', input: reset }]}>Its colours, shape and images are gone; pages look as they do without a style.</Dialog>}
    </>
  );
}

// Nobody reads an image in a command.
function calls(input: UpdateManagedLoginBrandingCommandInput, fresh: AssetType[]): Call[] {
  const Assets = fresh.map((a) => ({ ...a, Bytes: 'THE FILE IN BASE64' }));
  return [{ service: 'cognito-idp', operation: 'UpdateManagedLoginBranding', input: { ...input, ...(fresh.length > 0 ? { Assets } : {}) } }];
}
