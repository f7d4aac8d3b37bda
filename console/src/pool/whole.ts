// UpdateUserPool and UpdateUserPoolClient set what is left out back to its default, so a change takes along all that there is.
import type { UpdateUserPoolClientCommandInput, UpdateUserPoolCommandInput, UserPoolClientType, UserPoolType } from '@aws-sdk/client-cognito-identity-provider';

/** The pool as it is, but for the change. */
export function whole(p: UserPoolType, change: Partial<UpdateUserPoolCommandInput>): UpdateUserPoolCommandInput {
  const admin = p.AdminCreateUserConfig;
  return clean({
    UserPoolId: p.Id,
    PoolName: p.Name,
    Policies: p.Policies,
    DeletionProtection: p.DeletionProtection,
    LambdaConfig: p.LambdaConfig,
    AutoVerifiedAttributes: p.AutoVerifiedAttributes,
    VerificationMessageTemplate: p.VerificationMessageTemplate,
    SmsAuthenticationMessage: p.SmsAuthenticationMessage,
    UserAttributeUpdateSettings: p.UserAttributeUpdateSettings,
    MfaConfiguration: p.MfaConfiguration,
    DeviceConfiguration: p.DeviceConfiguration,
    EmailConfiguration: p.EmailConfiguration,
    SmsConfiguration: p.SmsConfiguration,
    UserPoolTags: p.UserPoolTags,
    AdminCreateUserConfig: admin && { AllowAdminCreateUserOnly: admin.AllowAdminCreateUserOnly, InviteMessageTemplate: admin.InviteMessageTemplate },
    UserPoolAddOns: p.UserPoolAddOns,
    AccountRecoverySetting: p.AccountRecoverySetting,
    UserPoolTier: p.UserPoolTier,
    ...change,
  });
}

/** The client as it is, but for the change. */
export function wholeClient(c: UserPoolClientType, change: Partial<UpdateUserPoolClientCommandInput>): UpdateUserPoolClientCommandInput {
  const { ClientSecret: _secret, CreationDate: _created, LastModifiedDate: _changed, ...rest } = c;
  return clean({ ...rest, UserPoolId: c.UserPoolId, ClientId: c.ClientId, ...change });
}

function clean<T extends object>(o: T): T {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as T;
}
