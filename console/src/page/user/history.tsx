// Devices that a user is remembered on, and the sign-ins that there were.
import { AdminForgetDeviceCommand, AdminListDevicesCommand, AdminListUserAuthEventsCommand, type AuthEventType, type DeviceType } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import { useAsk } from '../../ask';
import { userPools } from '../../aws';
import { faultOf, type Fault } from '../../fault';
import { Dialog } from '../../part/dialog';
import { List } from '../../part/list';
import { Empty, When } from '../../part/shown';

export function Devices({ pool, username }: { pool: string; username: string }) {
  const who = { UserPoolId: pool, Username: username };
  const asked = useAsk(async () => (await userPools().send(new AdminListDevicesCommand({ ...who, Limit: 60 }))).Devices ?? [], [pool, username]);
  const [forget, setForget] = useState<DeviceType>();
  const name = (d: DeviceType) => d.DeviceAttributes?.find((a) => a.Name === 'device_name')?.Value;
  return (
    <>
      <List
        title="Devices"
        of={asked}
        id={(d) => d.DeviceKey ?? ''}
        columns={[
          { id: 'name', header: 'Device', cell: (d) => name(d) ?? d.DeviceKey },
          { id: 'status', header: 'Remembered', cell: (d) => (d.DeviceAttributes?.find((a) => a.Name === 'device_status')?.Value === 'valid' ? 'Yes' : 'Not yet') },
          { id: 'last', header: 'Last sign-in', by: (d) => d.DeviceLastAuthenticatedDate?.getTime() ?? 0, cell: (d) => <When at={d.DeviceLastAuthenticatedDate} /> },
          { id: 'act', header: '', cell: (d) => <Button variant="inline-link" ariaLabel={`Forget ${name(d) ?? d.DeviceKey}`} onClick={() => setForget(d)}>Forget</Button> },
        ]}
        empty={<Empty title="No devices">A pool that tracks devices lists them here.</Empty>}
      />
      {forget && (
        <Dialog title="Forget the device?" submit="Forget" change={() => userPools().send(new AdminForgetDeviceCommand({ ...who, DeviceKey: forget.DeviceKey }))} said="The device is forgotten." close={() => setForget(undefined)} done={asked.again} cli={[{ service: 'cognito-idp', operation: 'AdminForgetDevice', input: { ...who, DeviceKey: forget.DeviceKey } }]}>
          The next sign-in on it asks for the second factor.
        </Dialog>
      )}
    </>
  );
}

const good: Record<string, 'success' | 'error' | 'in-progress'> = { Pass: 'success', Fail: 'error', InProgress: 'in-progress' };

/** The events, or why there are none: a pool keeps them only where threat protection is on. */
async function eventsOf(pool: string, username: string): Promise<{ events: AuthEventType[]; why?: Fault }> {
  try {
    return { events: (await userPools().send(new AdminListUserAuthEventsCommand({ UserPoolId: pool, Username: username, MaxResults: 60 }))).AuthEvents ?? [] };
  } catch (e) {
    if (e instanceof Error && e.name === 'UserPoolAddOnNotEnabledException') return { events: [], why: faultOf(e) };
    throw e;
  }
}

export function Events({ pool, username }: { pool: string; username: string }) {
  const all = useAsk(() => eventsOf(pool, username), [pool, username]);
  const asked = { ...all, data: all.data?.events };
  return (
    <List
      title="Sign-ins"
      about="The last 60 events, newest first."
      of={asked}
      id={(e: AuthEventType) => e.EventId ?? ''}
      text={(e) => `${e.EventType} ${e.EventResponse} ${e.EventContextData?.IpAddress} ${e.EventContextData?.City} ${e.EventContextData?.Country}`}
      columns={[
        { id: 'at', header: 'When', by: (e) => e.CreationDate?.getTime() ?? 0, cell: (e) => <When at={e.CreationDate} /> },
        { id: 'type', header: 'What', cell: (e) => e.EventType },
        { id: 'response', header: 'Result', cell: (e) => <StatusIndicator type={good[e.EventResponse ?? ''] ?? 'info'}>{e.EventResponse}</StatusIndicator> },
        { id: 'risk', header: 'Risk', cell: (e) => [e.EventRisk?.RiskLevel, e.EventRisk?.RiskDecision].filter(Boolean).join(', ') || '–' },
        { id: 'from', header: 'From', cell: (e) => [e.EventContextData?.IpAddress, e.EventContextData?.City, e.EventContextData?.Country].filter(Boolean).join(', ') || '–' },
        { id: 'device', header: 'With', cell: (e) => e.EventContextData?.DeviceName ?? '–' },
      ]}
      empty={<Empty title={all.data?.why?.name ?? 'No events yet'}>{all.data?.why ? `${all.data.why.text} With it, sign-ins are kept and shown here.` : 'The next sign-in is shown here.'}</Empty>}
    />
  );
}
