// Where a script runs.
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { admin } from '../../admin';
import { useAsk } from '../../ask';
import { Dialog } from '../../part/dialog';
import { List } from '../../part/list';
import { Empty } from '../../part/shown';
import { listConnections, listPoints } from '../ask';
import type { Connection, Point } from '../types';
import { placeOf, pointTypes, setPoint } from './words';

export function Places({ workspace, id }: { workspace: string; id: string }) {
  const asked = useAsk(async () => {
    const [points, idps] = await Promise.all([listPoints(workspace), listConnections(workspace)]);
    return { points, idps, names: new Map(idps.map((c) => [c.id, c.name])) };
  }, [workspace, id]);
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Point>();
  const names = asked.data?.names ?? new Map<string, string>();
  const take = ending && setPoint(workspace, { type: ending.type, target_fk: ending.target_fk, script_id: '' });
  const add = <Button disabled={!asked.data} onClick={() => setAdding(true)}>Let it run</Button>;
  return (
    <>
      <List
        title="Where it runs"
        of={{ ...asked, data: asked.data?.points.filter((p) => p.script_id === id) }}
        id={(p) => `${p.type} ${p.target_fk}`}
        columns={[
          { id: 'place', header: 'Place', minWidth: 220, cell: (p) => placeOf(p, names) },
          { id: 'failure', header: 'When it fails', minWidth: 170, cell: (p) => (p.on_failure === 'continue' ? 'things go on as if it had not run' : 'it ends what it is part of') },
          { id: 'act', header: 'Change', cell: (p) => <Button variant="inline-link" ariaLabel={`Stop it: ${placeOf(p, names)}`} onClick={() => setEnding(p)}>Stop</Button> },
        ]}
        actions={add}
        empty={<Empty title="It runs nowhere" action={add}>Try it first.</Empty>}
      />
      {adding && asked.data && <Assign workspace={workspace} id={id} points={asked.data.points} idps={asked.data.idps} close={() => setAdding(false)} done={asked.again} />}
      {ending && take && (
        <Dialog title="Let it run there no more?" submit="Stop" change={() => admin(take)} said="It runs there no more." close={() => setEnding(undefined)} done={asked.again} cli={[take]}>
          {placeOf(ending, names)}. It counts from the next sign-in on.
        </Dialog>
      )}
    </>
  );
}

function Assign({ workspace, id, points, idps, close, done }: { workspace: string; id: string; points: Point[]; idps: Connection[]; close: () => void; done: () => void }) {
  const [type, setType] = useState('post_authn_ctx');
  const [target, setTarget] = useState('');
  const [failure, setFailure] = useState('fail');
  const all = { value: '', label: 'All that have no script of their own' };
  const options = [all, ...idps.map((c) => ({ value: c.id, label: c.name }))];
  const target_fk = type === 'post_authn_ctx' ? target : '';
  const there = points.find((p) => p.type === type && p.target_fk === target_fk);
  const request = setPoint(workspace, { type, target_fk, script_id: id, on_failure: failure });
  return (
    <Dialog title="Let it run" submit="Let it run" change={() => admin(request)} said="It runs there from now on." close={close} done={done} cli={[request]}>
      <FormField label="When"><RadioGroup value={type} onChange={(e) => setType(e.detail.value)} items={pointTypes.map((t) => ({ value: t.type, label: t.label, description: t.description }))} /></FormField>
      {type === 'post_authn_ctx' && <FormField label="Connection"><Select selectedOption={options.find((o) => o.value === target) ?? all} options={options} onChange={(e) => setTarget(e.detail.selectedOption.value ?? '')} expandToViewport /></FormField>}
      <FormField label="When it fails"><RadioGroup value={failure} onChange={(e) => setFailure(e.detail.value)} items={[{ value: 'fail', label: 'It ends what it is part of', description: 'Nobody signs in past a script that did not run.' }, { value: 'continue', label: 'Things go on as if it had not run' }]} /></FormField>
      {there && there.script_id !== id && <Alert type="warning">Another script runs there now. This one takes its place.</Alert>}
    </Dialog>
  );
}
