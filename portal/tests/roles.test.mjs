// An admin lets somebody look after one license or one branch; they see and do that, and no more, until it ends.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import {
  isSound,
  launch,
  more,
  open,
  part,
  picture,
  recorded,
  settled,
  signIn,
} from "./browser.mjs";
import { ask, licenses } from "./sample.mjs";

let demo;
let browser;
let ann;
let bob;
let side;
let ids;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ann = demo.person("portal", "org_admin");
  bob = demo.person("portal", "member");
  side = demo.addresses.portal;
  ids = await licenses(demo, ann);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const name = async (person) =>
  (await ask(demo, person, "{ viewer { member { name } } }")).viewer.member.name;

/** Fills in who may what, where it is asked for, and until when. */
async function fill(page, { who, may, where, last }) {
  const dialog = page.getByRole("dialog");
  if (who) {
    const people = dialog.getByLabel("Who");
    const search = dialog.getByLabel("Find a person");
    if (await search.isVisible()) await search.fill(who.split(" ")[0]);
    await people.locator("option", { hasText: who }).waitFor({ state: "attached" });
    await people.selectOption({ label: who });
  }
  if (may) await dialog.getByLabel("May").selectOption(may);
  if (where) await dialog.getByLabel("Where").selectOption({ label: where });
  if (last) await dialog.getByLabel("Last day, if it has an end").fill(last);
  await isSound(page, "what is granted");
  await dialog.getByRole("button", { name: "Grant it" }).click();
}

test("somebody looks after one license, and sees what that takes", async () => {
  const theirs = await name(bob);
  const page = await open(browser);
  await signIn(page, side, ann, `/licenses/${ids.L2}`);
  const section = part(page, "Who looks after it");
  await section.getByRole("button", { name: "Let somebody look after it" }).click();
  await fill(page, { who: theirs, may: "LICENSE_MANAGER", last: "2099-12-31" });
  await recorded(page, `${theirs}: gives and takes seats and devices.`);
  const row = section.getByRole("listitem").filter({ hasText: theirs });
  await row.getByText("until 31 Dec 2099").waitFor();
  await isSound(page, "a license that somebody looks after");
  await picture(page, "portal-license-looked-after");

  const other = await open(browser, { width: "phone" });
  await signIn(other, side, bob, `/licenses/${ids.L2}`);
  await part(other, "Seats").getByLabel("Give a seat to").waitFor();
  await part(other, "History").waitFor();
  assert.equal(await other.getByRole("button", { name: "Show the key" }).count(), 0);
  await isSound(other, "a license that one looks after, on a phone");
  await picture(other, "portal-license-manager-phone");
  await other.goto(`${side}/account`);
  await part(other, "You also may").getByText("until 31 Dec 2099").waitFor();
  await isSound(other, "the own account with a grant");

  await section.getByRole("button", { name: `End what ${theirs} may do` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
  await recorded(page, `${theirs} no longer has that role.`);
  await other.goto(`${side}/licenses/${ids.L2}`);
  await other.getByRole("heading", { name: "This license is not here" }).waitFor();
  await page.context().close();
  await other.context().close();
});

test("somebody looks after one branch: its people and its licenses, and nobody else's", async () => {
  const theirs = await name(bob);
  const asked = "{ account { name subAccounts { nodes { id name } } } }";
  const { account } = await ask(demo, ann, asked);
  const [branch] = account.subAccounts.nodes;
  const page = await open(browser);
  await signIn(page, side, ann, `/people?text=${theirs.split(" ")[0]}`);
  await more(page, theirs, "Grant more");
  await fill(page, { may: "ADMIN", where: branch.name });
  await recorded(page, `${theirs}: manages everything, people too.`);
  await part(page, "Granted beside that").getByText(`${theirs}: ${branch.name}`).waitFor();
  await isSound(page, "people, with what was granted");
  await picture(page, "portal-people-granted");

  const other = await open(browser);
  await signIn(other, side, bob, "/people");
  await other.getByText(`of ${branch.name} and the accounts below it`).waitFor();
  await other.getByRole("button", { name: "Add a person" }).click();
  const dialog = other.getByRole("dialog");
  assert.equal(
    await dialog.getByLabel("Role").count(),
    0,
    "who is there for a while makes no admins",
  );
  await dialog.getByLabel("Name").fill("Mia Sand");
  await dialog.getByLabel("E-mail, to sign in with").fill("mia@branch.example");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await other.getByText("Give this link to Mia Sand.").waitFor();
  await isSound(other, "the people of a branch");
  await other.goto(`${side}/`);
  await settled(other);
  await part(other, "Recent activity").getByText("Mia Sand joined the account").waitFor();
  await isSound(other, "the overview of who looks after a branch");

  await other.goto(`${side}/account`);
  await part(other, "You also may")
    .getByRole("button", { name: `Give up what you may do with ${branch.name}` })
    .click();
  await other.getByRole("dialog").getByRole("button", { name: "Give it up" }).click();
  await recorded(other, "You gave it up.");
  await part(other, "You also may").waitFor({ state: "detached" });
  await page.context().close();
  await other.context().close();
});

test("the vendor sees what a customer granted, and can end it", async () => {
  const theirs = await name(bob);
  const asked = "{ viewer { member { id } } account { id name } }";
  const [{ account }, { viewer }] = [await ask(demo, ann, asked), await ask(demo, bob, asked)];
  const input = {
    commandId: crypto.randomUUID(),
    accountId: account.id,
    memberId: viewer.member.id,
    role: "AUDITOR",
  };
  const grant =
    "mutation($input: RoleGrantInput!) { roleGrant(input: $input) { userErrors { code } } }";
  assert.deepEqual((await ask(demo, ann, grant, { input })).roleGrant.userErrors, []);
  const page = await open(browser);
  const { console } = demo.addresses;
  await signIn(page, console, demo.person("console", "operator"), `/customers/${account.id}`);
  const section = part(page, "Granted beside that");
  await section.getByText(`${theirs}: ${account.name}`).waitFor();
  await isSound(page, "a customer that granted something");
  await section.getByRole("button", { name: `End what ${theirs} may do` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
  await recorded(page, `${theirs} no longer has that role.`);
  await section.waitFor({ state: "detached" });
  await page.context().close();
});
