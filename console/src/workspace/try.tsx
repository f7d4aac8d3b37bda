// The way to try a workspace: its user portal, or the demo application, in a tab of its own.
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { useState } from 'react';
import { edit } from '../admin';
import { useAsk } from '../ask';
import { door } from '../aws';
import type { Edit } from '../edit';
import { Dialog } from '../part/dialog';
import type { Workspace } from './types';

export function TryIt({ space, again }: { space: Workspace; again: () => void }) {
  const [on, setOn] = useState(false);
  const mode = useAsk(door, []);
  if (!mode.data) return null;
  const dev = mode.data.mode === 'dev';
  const portal = space.enable_user_portal ?? dev;
  const demo = space.enable_demo_app ?? dev;
  if (!portal && !demo) {
    return (
      <>
        <Button onClick={() => setOn(true)}>Try it</Button>
        {on && <TurnOn space={space} close={() => setOn(false)} done={again} />}
      </>
    );
  }
  return (
    <ButtonDropdown
      items={[
        { id: 'portal', text: 'User portal', description: 'Where people see and end what they share.', href: space.issuer_url + '/portal', external: true, externalIconAriaLabel: '(opens in a new tab)', disabled: !portal, disabledReason: 'enable_user_portal is off' },
        { id: 'demo', text: 'Demo application', description: 'Signs you in, and shows what an app is told.', href: space.issuer_url + '/demo', external: true, externalIconAriaLabel: '(opens in a new tab)', disabled: !demo, disabledReason: 'enable_demo_app is off' },
      ]}
      onItemFollow={(e) => { // without a reference to this window, which knows the key
        e.preventDefault();
        window.open(e.detail.href, '_blank', 'noopener,noreferrer');
      }}
    >
      Try it
    </ButtonDropdown>
  );
}

function TurnOn({ space, close, done }: { space: Workspace; close: () => void; done: () => void }) {
  const path = ['servers', space.id];
  const edits: Edit[] = [{ at: ['enable_user_portal'], set: true }, { at: ['enable_demo_app'], set: true }];
  return (
    <Dialog title="Turn the portal and the demo application on?" submit="Turn on" change={() => edit(path, edits)} said="They are on: Try it opens them." close={close} done={done} cli={[{ path, edits }]}>
      Both are off for this workspace. In the portal people see and end what they share; the demo application signs somebody in and shows what an app is told.
    </Dialog>
  );
}
