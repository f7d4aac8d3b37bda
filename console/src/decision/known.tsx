// Every field that policies see, with where it came from and how old it is.
import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { List } from '../part/list';
import { Empty } from '../part/shown';
import { age, outcome, type Preview } from './words';

export function Known({ known }: { known: Preview }) {
  return (
    <SpaceBetween size="l">
      {known.refused && <Alert type="error" header="No decision is made">{known.refused}</Alert>}
      {known.denied && <Alert type="warning">Everything is denied before a policy is asked: nobody of that id is known.</Alert>}
      <List
        title="What policies see"
        about="From the sources of attributes, not from the request."
        of={{ data: known.fields, fault: undefined, loading: false, again: () => undefined }}
        still
        id={(f) => f.field}
        text={(f) => `${f.field} ${JSON.stringify(f.value)} ${f.source}`}
        columns={[
          { id: 'field', header: 'Field', by: (f) => f.field, cell: (f) => <code>{f.field}</code> },
          { id: 'value', header: 'Value', cell: (f) => (f.secret ? 'secret' : <code>{JSON.stringify(f.value)}</code>) },
          { id: 'source', header: 'Source', by: (f) => f.source, cell: (f) => f.source },
          { id: 'age', header: 'How old', by: (f) => f.age_ms, cell: (f) => `${age(f.age_ms)}, ${outcome(f.outcome)}` },
        ]}
        empty={<Empty title="Nothing">No source knows this id: policies see what the request says, and nothing else.</Empty>}
      />
    </SpaceBetween>
  );
}
