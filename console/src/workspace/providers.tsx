// Identity providers: the list, the way to a new connection, and one connection.
import type { At } from './pages';
import { Choose, Fill } from './provider/create';
import { Connections } from './provider/list';
import { Provider } from './provider/page';
import { creating } from './words';

export default function Providers({ workspace, rest: [id, tab] }: At) {
  if (id === undefined) return <Connections workspace={workspace} />;
  if (id === creating) return tab === undefined ? <Choose workspace={workspace} /> : <Fill workspace={workspace} method={tab} />;
  return <Provider workspace={workspace} id={id} tab={tab} />;
}
