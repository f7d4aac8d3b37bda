// The page of the browser test: Amplify as an application bundles it, within reach of the test.
import { Amplify } from 'aws-amplify'
import * as auth from 'aws-amplify/auth'

window.auth = auth
window.configure = (pool, endpoint) => Amplify.configure({
  Auth: { Cognito: { userPoolId: pool.id, userPoolClientId: pool.clientId, userPoolEndpoint: endpoint } },
})
