// Pre-token-generation trigger: puts the tenant into both tokens of everybody who belongs to the pool's tenant.
'use strict'
const tenants = require('./tenants.json')
const members = require('./members.json')

exports.handler = async (event) => {
  const tenant = members[event.userName]
  if (!tenant || tenants[event.userPoolId] !== tenant) throw new Error('This account belongs to another tenant')
  const claims = { claimsToAddOrOverride: { tenant_id: tenant } }
  event.response = { claimsAndScopeOverrideDetails: { idTokenGeneration: claims, accessTokenGeneration: claims } }
  return event
}
