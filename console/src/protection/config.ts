// A risk configuration, as somebody edits it.
import type { AccountTakeoverActionsType, AccountTakeoverEventActionType, EventFilterType, RiskConfigurationType, SetRiskConfigurationCommandInput } from '@aws-sdk/client-cognito-identity-provider';
import { lines } from '../page/clients';

export const levels = ['Low', 'Medium', 'High'] as const;
export type Level = (typeof levels)[number];

export const actions: Record<string, { label: string; description?: string }> = {
  NO_ACTION: { label: 'Let in' },
  MFA_IF_CONFIGURED: { label: 'Ask for a second factor', description: 'Who has none is let in' },
  MFA_REQUIRED: { label: 'Require a second factor', description: 'Who has none is blocked' },
  BLOCK: { label: 'Block' },
};

export const events: Record<EventFilterType, string> = { SIGN_IN: 'signing in', SIGN_UP: 'signing up', PASSWORD_CHANGE: 'choosing a password' };

export interface Draft {
  /** What is done about passwords that are known to be stolen; empty: they are not looked at. */
  stolen: '' | 'BLOCK' | 'NO_ACTION';
  when: EventFilterType[];
  /** What is done at a level; empty: nothing is set. */
  takeover: Record<Level, { action: string; notify: boolean }>;
  blocked: string;
  skipped: string;
}

export function draftOf(c: RiskConfigurationType | undefined): Draft {
  const compromised = c?.CompromisedCredentialsRiskConfiguration;
  const acts = c?.AccountTakeoverRiskConfiguration?.Actions;
  const at = (l: Level) => ({ action: acts?.[`${l}Action`]?.EventAction ?? '', notify: acts?.[`${l}Action`]?.Notify ?? false });
  return {
    stolen: compromised ? compromised.Actions?.EventAction ?? 'NO_ACTION' : '',
    when: compromised?.EventFilter?.length ? compromised.EventFilter : (Object.keys(events) as EventFilterType[]),
    takeover: { Low: at('Low'), Medium: at('Medium'), High: at('High') },
    blocked: (c?.RiskExceptionConfiguration?.BlockedIPRangeList ?? []).join('\n'),
    skipped: (c?.RiskExceptionConfiguration?.SkippedIPRangeList ?? []).join('\n'),
  };
}

/** The request that makes it so. SetRiskConfiguration keeps a part that is left out, so what is to go is sent empty; of a part that is sent it
 *  keeps nothing, so messages that there are go along. */
export function requestOf(pool: string, client: string | undefined, d: Draft, before: RiskConfigurationType | undefined): SetRiskConfigurationCommandInput {
  const acts: AccountTakeoverActionsType = {};
  for (const l of levels) {
    const { action, notify } = d.takeover[l];
    if (action) acts[`${l}Action`] = { EventAction: action as AccountTakeoverEventActionType, Notify: notify };
  }
  const notify = before?.AccountTakeoverRiskConfiguration?.NotifyConfiguration;
  const [blocked, skipped] = [lines(d.blocked), lines(d.skipped)];
  return {
    UserPoolId: pool,
    ...(client ? { ClientId: client } : {}),
    ...(d.stolen ? { CompromisedCredentialsRiskConfiguration: { EventFilter: d.when, Actions: { EventAction: d.stolen } } } : {}),
    ...(Object.keys(acts).length > 0 || before?.AccountTakeoverRiskConfiguration ? { AccountTakeoverRiskConfiguration: { Actions: acts, ...(notify ? { NotifyConfiguration: notify } : {}) } } : {}),
    ...(blocked.length + skipped.length > 0 || before?.RiskExceptionConfiguration ? { RiskExceptionConfiguration: { BlockedIPRangeList: blocked, SkippedIPRangeList: skipped } } : {}),
  };
}

export const unset = (c: RiskConfigurationType | undefined) => !c?.CompromisedCredentialsRiskConfiguration && !c?.AccountTakeoverRiskConfiguration && !c?.RiskExceptionConfiguration;
