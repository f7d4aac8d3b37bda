// Pre-token-generation trigger of all pools: says what somebody is beside a user. In a real house these tables are a database;
// see ../customer-roles, ../staff-attributes, ../service-tokens and ../tenants for functions that ask one.
'use strict'
const customers = {
  ana: { roles: ['account-owner'], account_type: 'business', transfer_limit: 5000, tenant_id: 'acme', country: 'DE' },
  ben: { roles: ['viewer'], account_type: 'business', transfer_limit: 100, tenant_id: 'acme', country: 'DE' },
  eve: { roles: ['account-owner'], account_type: 'personal', tenant_id: 'acme', country: 'DE' },
  kim: { roles: ['account-owner'], account_type: 'business', transfer_limit: 5000, tenant_id: 'acme', country: 'XX' },
}
const staff = { // by their address, which the pool takes from Okta
  'mia@example.com': { role: 'customer-service', region: 'eu' },
  'max@example.com': { role: 'customer-service', region: 'us' },
  'local@example.com': { role: 'customer-service', region: 'eu' },
}
const tenants = { 'us-east-1_PermRed01': 'red', 'us-east-1_PermBlue1': 'blue' }

exports.handler = async (event) => {
  const claims = customers[event.userName] ?? staff[event.request.userAttributes.email] ?? (tenants[event.userPoolId] && { tenant_id: tenants[event.userPoolId] }) ?? {}
  event.response = { claimsAndScopeOverrideDetails: { idTokenGeneration: { claimsToAddOrOverride: claims } } }
  return event
}
