// What the tests know of the sample vendor beforehand, asked of the ledger itself.

import assert from "node:assert/strict";

/** Asks the ledger as this person. */
export async function ask(demo, person, query, variables = {}) {
  const answer = await fetch(`${demo.addresses[person.side]}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${person.token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** The ids of the licenses that this person sees, by the vendor's number for them. */
export async function licenses(demo, person) {
  const found = await ask(demo, person, "{ licenses(first: 100) { nodes { id externalId } } }");
  return Object.fromEntries(found.licenses.nodes.map(({ id, externalId }) => [externalId, id]));
}
