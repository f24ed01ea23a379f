// Issues a license of the sample's product to the sample's first customer, with a key that is known.
import { randomUUID } from "node:crypto";

/** @returns the id of the license that has this key from now on */
export async function issue(demo, key, source = "starter") {
  const authorization = `Bearer ${demo.person("console", "operator").token}`;
  const ask = async (query, variables) => {
    const answer = await fetch(demo.addresses.consoleGraphql, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const told = await answer.json();
    if (told.errors) throw new Error(JSON.stringify(told.errors));
    return told.data;
  };
  const found = await ask("{ accounts(first: 1, roots: true) { nodes { id } } products(first: 1) { nodes { id } } }");
  const input = {
    commandId: randomUUID(), accountId: found.accounts.nodes[0].id,
    productId: found.products.nodes[0].id, source, key,
  };
  const made = await ask(
    "mutation($input: LicenseIssueInput!) { licenseIssue(input: $input) { license { id } userErrors { code message } } }",
    { input },
  );
  if (!made.licenseIssue.license) throw new Error(JSON.stringify(made.licenseIssue.userErrors));
  return made.licenseIssue.license.id;
}
