// The settings of a workspace: its name, for how long a sign-in counts, and how people find their provider.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { edit } from '../admin';
import { useAsk } from '../ask';
import { door } from '../aws';
import { differences } from '../edit';
import { Dialog } from '../part/dialog';
import { Duration } from './provider/duration';
import type { Workspace } from './types';
import { durationOf, secondsOf } from './words';

export function Settings({ space: w, close, done }: { space: Workspace; close: () => void; done: () => void }) {
  const dev = useAsk(door, []).data?.mode === 'dev';
  const [name, setName] = useState(w.name);
  const [about, setAbout] = useState(w.description ?? '');
  const [sso, setSso] = useState(w.sso.enabled);
  const [age, setAge] = useState(secondsOf(w.sso.max_age) || 12 * 3600);
  const [idle, setIdle] = useState(secondsOf(w.sso.max_idle) || 3600);
  const [find, setFind] = useState(w.idp_discovery.enabled);
  const [portal, setPortal] = useState<boolean>();
  const [demo, setDemo] = useState<boolean>();
  const path = ['servers', w.id];
  const edits = [
    ...differences(w, { name: name.trim(), description: about.trim() || undefined }),
    ...differences(w, {
      ...(sso ? { sso: { enabled: true, max_idle: durationOf(idle), max_age: durationOf(age) } } : w.sso.enabled ? { sso: { enabled: false } } : {}),
      ...(find === w.idp_discovery.enabled ? {} : { idp_discovery: { ...w.idp_discovery, enabled: find } }),
      ...(portal === undefined ? {} : { enable_user_portal: portal }),
      ...(demo === undefined ? {} : { enable_demo_app: demo }),
    }),
  ];
  return (
    <Dialog title={`Settings of ${w.name}`} submit="Save" large ready={edits.length > 0 && name.trim() !== '' && (!sso || (age > 0 && idle > 0))} change={() => edit(path, edits)} said="The workspace is saved." close={close} done={done} cli={[{ path, edits }]}>
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="workspace-name" spellcheck={false} autoComplete={false} /></FormField>
      <FormField label={<>Description <i>– optional</i></>}><Input value={about} onChange={(e) => setAbout(e.detail.value)} name="description" autoComplete={false} /></FormField>
      <Toggle checked={sso} description="Who has signed in for one app is not asked again by another. It holds for all connections that are not left out of it." onChange={(e) => setSso(e.detail.checked)}>Single sign-on</Toggle>
      {sso && <Duration label="Counts for" about="After that time people sign in again." seconds={age} change={setAge} />}
      {sso && <Duration label="Counts unused for" about="So long after its last use." seconds={idle} change={setIdle} />}
      <Toggle checked={find} description="The sign-in page asks for an address, and sends people to the connection that has its domain." onChange={(e) => setFind(e.detail.checked)}>Find the provider by the address</Toggle>
      <Toggle checked={portal ?? w.enable_user_portal ?? dev} description="A page where people see and end what they share." onChange={(e) => setPortal(e.detail.checked)}>User portal</Toggle>
      <Toggle checked={demo ?? w.enable_demo_app ?? dev} description="An app that signs somebody in, and shows what it is told." onChange={(e) => setDemo(e.detail.checked)}>Demo application</Toggle>
    </Dialog>
  );
}
