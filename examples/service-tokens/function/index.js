// Pre-token-generation trigger, version 3: says in a machine's access token what the machine is and what it may do.
'use strict'
const services = require('./services.json')

const writers = ['gold', 'silver'] // tiers that may write

exports.handler = async (event) => {
  if (event.triggerSource !== 'TokenGeneration_ClientCredentials') return event
  const service = services[event.callerContext.clientId]
  if (!service) throw new Error('This service is not registered')
  event.response = {
    claimsAndScopeOverrideDetails: {
      accessTokenGeneration: {
        claimsToAddOrOverride: {
          service_id: service.id,
          tier: service.tier,
          allowed_operations: service.operations,
          rate_limit: service.rate,
        },
        scopesToSuppress: writers.includes(service.tier) ? [] : ['payments/write'],
      },
    },
  }
  return event
}
