// Subscriptions with the client that portals use: the package `graphql-ws`.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { startDemo } from "./server.mjs";

let demo;
let url;
let authorization;

before(async () => {
  demo = await startDemo();
  url = demo.addresses.portalGraphql;
  authorization = `Bearer ${demo.person("portal", "org_admin").token}`;
});

after(() => demo?.stop());

const ask = async (query, variables) => {
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return answer.json();
};

const client = (connectionParams) =>
  createClient({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });

const apply = `mutation($input: LicenseApplyBundleInput!) {
  licenseApplyBundle(input: $input) { userErrors { code } }
}`;
const remove = `mutation($input: LicenseRemoveBundleInput!) {
  licenseRemoveBundle(input: $input) { userErrors { code } }
}`;

/** A license of the admin"s, and a bundle that can be added to it. */
const choose = async () => {
  const { data } = await ask(`{
    licenses(first: 25) { nodes { id productId status } }
    products(first: 5) { nodes { id bundles { code selfService } } }
  }`);
  for (const license of data.licenses.nodes) {
    const product = data.products.nodes.find((one) => one.id === license.productId);
    const bundle = product.bundles.find((one) => one.selfService);
    if (bundle && ["ASSIGNED", "ACTIVE", "EXPIRING"].includes(license.status)) {
      return { license: license.id, bundle: bundle.code };
    }
  }
  throw new Error("the sample has no license that a bundle can be added to");
};

test("a change is pushed to a client that signed in", async () => {
  const { license, bundle } = await choose();
  const input = () => ({ commandId: randomUUID(), licenseId: license, bundle });
  await ask(remove, { input: input() });
  const connected = client({ authorization });
  const subscribed = new Promise((resolve) => connected.on("pong", resolve));
  const open = new Promise((resolve) => connected.on("connected", resolve));
  const changes = connected.iterate({
    query: "subscription($id: ID!) { licenseChanged(licenseId: $id) { fact position license { id } } }",
    variables: { id: license },
  });
  const first = changes.next();
  const socket = await open;
  // The pong comes after the subscription was taken: nothing is lost in between.
  setImmediate(() => socket.send(JSON.stringify({ type: "ping" })));
  await subscribed;
  const { data } = await ask(apply, { input: input() });
  assert.deepEqual(data.licenseApplyBundle.userErrors, []);
  const { value } = await first;
  assert.equal(value.data.licenseChanged.fact, "bundle_applied");
  assert.equal(value.data.licenseChanged.license.id, license);
  assert.match(value.data.licenseChanged.position, /^\d+$/);
  await changes.return();
  await connected.dispose();
});

test("a client that did not sign in is closed out", async () => {
  const stranger = client({ authorization: "Bearer nobody" });
  const changes = stranger.iterate({ query: "subscription { accountChanged { fact } }" });
  await assert.rejects(changes.next(), (closed) => closed.code === 4403);
  await stranger.dispose();
});
