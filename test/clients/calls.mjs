// Makes the same calls with Cerbos' two JavaScript clients and prints what they say, one JSON object by transport.
// usage: node calls.mjs HTTP_URL GRPC_ADDRESS TOKEN
import { GRPC } from "@cerbos/grpc";
import { HTTP } from "@cerbos/http";

const [url, address, token] = process.argv.slice(2);

const contact = (id, owner) => ({ kind: "contact", id, attributes: { owner } });

async function refusal(call) {
  try {
    await call();
    return "no refusal";
  } catch (e) {
    return { code: e.code, details: e.details };
  }
}

async function calls(client) {
  const alice = { id: "alice", roles: [] };
  const bob = { id: "bob", roles: [] };
  const said = {};
  said.admin = await client.isAllowed({ principal: alice, resource: contact("1", "x"), action: "delete" });
  said.stranger = await client.isAllowed({ principal: bob, resource: contact("1", "x"), action: "delete" });
  const many = await client.checkResources({
    principal: bob,
    includeMetadata: true,
    resources: [
      { resource: contact("mine", "bob"), actions: ["read", "delete"] },
      { resource: contact("other", "x"), actions: ["read", "delete"] },
    ],
  });
  said.mine = many.isAllowed({ resource: { kind: "contact", id: "mine" }, action: "delete" });
  said.other = many.isAllowed({ resource: { kind: "contact", id: "other" }, action: "delete" });
  said.roles = many.results[0].metadata.effectiveDerivedRoles;
  said.callID = many.cerbosCallId.length;
  said.plan = (await client.planResources({ principal: bob, resource: { kind: "contact" }, actions: ["delete"] })).kind;
  said.always = (await client.planResources({ principal: alice, resource: { kind: "contact" }, actions: ["delete"] })).kind;
  said.version = (await client.serverInfo()).version;
  said.health = (await client.checkHealth()).status;
  said.token = (
    await client.checkResource({ principal: bob, resource: contact("1", "bob"), actions: ["read"], auxData: { jwt: { token } } })
  ).isAllowed("read");
  said.forged = await refusal(() =>
    client.checkResource({ principal: bob, resource: contact("1", "bob"), actions: ["read"], auxData: { jwt: { token: token + "x" } } }),
  );
  said.unknown = await refusal(() =>
    client.checkResource({ principal: { id: "nobody", roles: [] }, resource: contact("1", "x"), actions: ["read"] }),
  );
  return said;
}

const grpc = new GRPC(address, { tls: false });
console.log(JSON.stringify({ http: await calls(new HTTP(url)), grpc: await calls(grpc) }));
grpc.close();
