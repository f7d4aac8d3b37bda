// Manages policies and schemas with Cerbos' two JavaScript clients and prints what they say.
// usage: node admin.mjs HTTP_URL GRPC_ADDRESS USERNAME PASSWORD
import { GRPC } from "@cerbos/grpc";
import { HTTP } from "@cerbos/http";

const [url, address, username, password] = process.argv.slice(2);

async function manage(client, kind) {
  const id = `resource.${kind}.vdefault`;
  const said = {};
  const may = () => client.isAllowed({ principal: { id: "alice", roles: ["user"] }, resource: { kind, id: "1" }, action: "view" });
  said.before = await may();
  await client.addOrUpdateSchemas({ schemas: [{ id: `${kind}.json`, definition: new TextEncoder().encode('{"type":"object"}') }] });
  await client.addOrUpdatePolicies({
    policies: [{ resourcePolicy: { resource: kind, version: "default", rules: [{ actions: ["view"], effect: "EFFECT_ALLOW", roles: ["user"] }] } }],
  });
  said.after = await may();
  said.listed = (await client.listPolicies()).ids.includes(id);
  said.got = (await client.getPolicy(id)).resourcePolicy.rules[0].actions;
  said.inspected = (await client.inspectPolicies()).policies[id].actions;
  said.disabled = await client.disablePolicy(id);
  said.whileDisabled = await may();
  said.enabled = await client.enablePolicy(id);
  said.afterwards = await may();
  await client.reloadStore({ wait: true });
  said.deleted = await client.deletePolicy(id);
  said.gone = await may();
  said.schemas = (await client.listSchemas()).ids.includes(`${kind}.json`);
  said.schemaDeleted = await client.deleteSchema(`${kind}.json`);
  try {
    await client.addOrUpdatePolicies({
      policies: [{ resourcePolicy: { resource: kind, version: "default",
        rules: [{ actions: ["view"], effect: "EFFECT_ALLOW", roles: ["user"], condition: { match: { expr: "1 +" } } }] } }],
    });
  } catch (e) {
    said.broken = e.code;
  }
  return said;
}

const adminCredentials = { username, password };
const grpc = new GRPC(address, { tls: false, adminCredentials });
const stranger = new HTTP(url, { adminCredentials: { username, password: password + "x" } });
let refused;
try {
  await stranger.listPolicies();
} catch (e) {
  refused = e.code;
}
console.log(JSON.stringify({ http: await manage(new HTTP(url, { adminCredentials }), "album"), grpc: await manage(grpc, "photo"), refused }));
grpc.close();
