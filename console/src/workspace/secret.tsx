// A secret that was just made, and is told this once.
import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { Id } from '../part/shown';

export function Secret({ of, id, secret, close }: { of: string; id: string; secret: string; close: () => void }) {
  return (
    <div data-testid="secret">
      <Alert type="success" header={`The secret of ${of}, shown this once`} dismissible onDismiss={close} dismissAriaLabel="Dismiss">
        <SpaceBetween size="xxs">
          <div>Client ID: <Id>{id}</Id></div>
          <div>Secret: <Id>{secret}</Id></div>
          <div>Put it where the application runs. The server does not tell it again.</div>
        </SpaceBetween>
      </Alert>
    </div>
  );
}
