// An admin sets seats aside for a branch, and whoever looks after that gives them; a partner acts for the organization
// until it parts with it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import { isSound, launch, open, part, picture, recorded, signIn } from "./browser.mjs";
import { ask, licenses } from "./sample.mjs";

let demo;
let browser;
let ann;
let side;
let ids;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ann = demo.person("portal", "org_admin");
  side = demo.addresses.portal;
  ids = await licenses(demo, ann);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("seats are set aside for a branch, changed, and taken back", async () => {
  const asked = "{ account { subAccounts { nodes { id name } } } }";
  const { account } = await ask(demo, ann, asked);
  const [branch] = account.subAccounts.nodes;
  const page = await open(browser);
  await signIn(page, side, ann, `/licenses/${ids.L1}`);
  const section = part(page, "Seats set aside");
  await section.getByRole("button", { name: "Set seats aside" }).click();
  const dialog = page.getByRole("dialog");
  const place = dialog.getByLabel("For the people of");
  await place.locator("option", { hasText: branch.name }).waitFor({ state: "attached" });
  await place.selectOption({ label: branch.name });
  await dialog.getByRole("textbox", { name: "Seats" }).fill("100000");
  await isSound(page, "setting seats aside");
  await dialog.getByRole("button", { name: "Set them aside" }).click();
  await dialog.getByText("would be assigned or set aside").waitFor();
  await dialog.getByRole("textbox", { name: "Seats" }).fill("1");
  await dialog.getByRole("button", { name: "Set them aside" }).click();
  await recorded(page, `1 seat set aside for ${branch.name}.`);
  const row = section.getByRole("listitem").filter({ hasText: branch.name });
  await row.getByText("1 seat · 0 in use").waitFor();
  await isSound(page, "a license with seats set aside");
  await picture(page, "portal-license-set-aside");

  await row.getByRole("button", { name: `Change the seats of ${branch.name}` }).click();
  await dialog.getByLabel("They may have").selectOption("only");
  await dialog.getByRole("button", { name: "Set them aside" }).click();
  await row.getByText("1 seat, and no others").waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await isSound(page, "a license with seats set aside, on a phone");
  await picture(page, "portal-license-set-aside-phone");
  await page.context().close();
});

test("a partner is seen, and parted with", async () => {
  const operator = demo.person("console", "operator");
  const { account } = await ask(demo, ann, "{ account { id name } }");
  const { accounts } = await ask(demo, operator, "{ accounts(first: 5) { nodes { id name } } }");
  const partner = accounts.nodes.find(({ id }) => id !== account.id);
  const link =
    "mutation($input: PartnerLinkInput!) { partnerLink(input: $input) { userErrors { code } } }";
  const input = {
    commandId: crypto.randomUUID(),
    accountId: account.id,
    partnerId: partner.id,
    role: "LICENSE_MANAGER",
  };
  assert.deepEqual((await ask(demo, operator, link, { input })).partnerLink.userErrors, []);

  const staff = await open(browser);
  await signIn(staff, demo.addresses.console, operator, `/customers/${account.id}`);
  await part(staff, "Partners").getByRole("listitem").filter({ hasText: partner.name }).waitFor();
  await isSound(staff, "a customer with a partner");
  const page = await open(browser);
  await signIn(page, side, ann, "/people");
  const section = part(page, "Partners");
  await section.getByText("Gives and takes seats and devices").waitFor();
  await isSound(page, "people, with a partner");
  await picture(page, "portal-people-partner");
  await section.getByRole("button", { name: `End what ${partner.name} may do here` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Part with it" }).click();
  await recorded(page, `${partner.name} no longer acts here.`);
  await section.waitFor({ state: "detached" });
  await staff.context().close();
  await page.context().close();
});
