// What runs after somebody came through the connection: a script, and an application that they are sent through.
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { admin, edit } from '../../admin';
import { useAsk, useDo } from '../../ask';
import type { AdminCall } from '../../curl';
import type { Edit } from '../../edit';
import { Cli } from '../../part/dialog';
import { useNotices } from '../../part/notices';
import { Failed, Shown } from '../../part/shown';
import { href } from '../../route';
import { listApps, listPoints, listScripts } from '../ask';
import type { CustomApp, Point, Script } from '../types';
import type { Seen } from './page';

const type = 'post_authn_ctx';

export function Extensions(seen: Seen) {
  const { space } = seen;
  const asked = useAsk(async () => {
    const [scripts, points, apps] = await Promise.all([listScripts(space.id), listPoints(space.id), listApps(space.id)]);
    return { scripts, points, apps: apps.filter((a) => a.type === 'post-authn') };
  }, [space.id]);
  return <Shown of={asked}>{(all) => <Assign key={JSON.stringify(all.points)} {...seen} {...all} renew={asked.again} />}</Shown>;
}

function Assign({ space, connection: c, again, scripts, points, apps, renew }: Seen & { scripts: Script[]; points: Point[]; apps: CustomApp[]; renew: () => void }) {
  const notices = useNotices();
  const act = useDo();
  const was = points.find((p) => p.type === type && p.target_fk === c.id);
  const usual = points.find((p) => p.type === type && p.target_fk === '');
  const [script, setScript] = useState(was?.script_id ?? '');
  const [carryOn, setCarryOn] = useState(was?.on_failure === 'continue');
  const [app, setApp] = useState(c.post_authn_app_id ?? '');

  const point: Point = { type, target_fk: c.id, script_id: script, ...(script ? { on_failure: carryOn ? 'continue' : 'fail' } : {}) };
  const body = { script_execution_points: [point] };
  const pointPath = ['servers', space.id, 'script-execution-points'];
  const path = ['servers', space.id, 'idps', c.method, c.id];
  const other = script !== (was?.script_id ?? '') || (script !== '' && carryOn !== (was?.on_failure === 'continue'));
  const edits: Edit[] = app === (c.post_authn_app_id ?? '') ? [] : [app ? { at: ['post_authn_app_id'], set: app } : { at: ['post_authn_app_id'], unset: true }];
  const calls: AdminCall[] = [...(other ? [{ method: 'PUT' as const, path: pointPath, body }] : []), ...(edits.length > 0 ? [{ path, edits }] : [])];

  async function save() {
    if (edits.length > 0) await edit(path, edits);
    if (other) await admin({ method: 'PUT', path: pointPath, body });
    notices.good('The extensions are saved.');
    again();
    renew();
  }

  const none = { value: '', label: usual ? `The workspace’s own: ${scripts.find((s) => s.id === usual.script_id)?.name ?? usual.script_id}` : 'None' };
  const scriptOptions = [none, ...scripts.map((s) => ({ value: s.id, label: s.name, description: s.id }))];
  const appOptions = [{ value: '', label: 'None' }, ...apps.map((a) => ({ value: a.id, label: a.name, description: a.url }))];
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (calls.length > 0 && !act.busy) void act.run(save);
      }}
    >
      <SpaceBetween size="l">
        <Container header={<Header variant="h2" description="A function of yours that changes the authentication context, before an app is told anything. What it gives back needs no mapping.">Post-authentication script</Header>}>
          <SpaceBetween size="m">
            <FormField label="Script"><Select selectedOption={scriptOptions.find((o) => o.value === script) ?? none} options={scriptOptions} onChange={(e) => setScript(e.detail.selectedOption.value ?? '')} ariaLabel="Script" /></FormField>
            {script && <Toggle checked={carryOn} description="Otherwise a script that fails ends the sign-in (access_denied)." onChange={(e) => setCarryOn(e.detail.checked)}>Go on without it when it fails</Toggle>}
            {scripts.length === 0 && <Alert type="info" action={<Button formAction="none" href={href(['workspaces', space.id, 'scripts'])}>Scripts</Button>}>This workspace has no scripts yet. Write one first: it can be tried before it runs for anybody.</Alert>}
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2" description="A page of your own that people are sent through after they came through the connection: for terms, a survey, another factor.">Post-authentication application</Header>}>
          <SpaceBetween size="m">
            <FormField label="Application"><Select selectedOption={appOptions.find((o) => o.value === app) ?? null} options={appOptions} onChange={(e) => setApp(e.detail.selectedOption.value ?? '')} ariaLabel="Application" /></FormField>
            {apps.length === 0 && <Alert type="info" action={<Button formAction="none" href={href(['workspaces', space.id, 'custom-apps'])}>Custom applications</Button>}>This workspace has no such applications. They are there once the server’s configuration says <code>extensions: {'{'}custom_apps: true{'}'}</code> and one is made under Custom applications.</Alert>}
          </SpaceBetween>
        </Container>
        {calls.length > 0 && <Container><Cli calls={calls} /></Container>}
        <Failed fault={act.fault} />
        <Box float="right"><Button variant="primary" formAction="submit" loading={act.busy} disabled={calls.length === 0}>Save</Button></Box>
      </SpaceBetween>
    </form>
  );
}
