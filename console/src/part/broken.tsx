// A page that fails does not take the others along.
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { Component, type ReactNode } from 'react';

export class Broken extends Component<{ children: ReactNode }, { error?: Error }> {
  state: { error?: Error } = {};
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div role="alert" data-testid="broken">
        <Alert type="error" header="This page has failed" action={<Button onClick={() => location.reload()}>Load the console again</Button>}>
          {error.message}. If the server was renewed meanwhile, loading again helps.
        </Alert>
      </div>
    );
  }
}
