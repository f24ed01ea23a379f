// The vendor's own people: their names, keeping them out, erasing them; erasing a customer that has gone; and one session in
// several windows.

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
  WIDTHS,
} from "./browser.mjs";
import { ask } from "./sample.mjs";

let demo;
let browser;
let vera;
let side;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  vera = demo.person("console", "operator");
  side = demo.addresses.console;
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Sends a change through the API, and answers what it made. */
async function act(mutation, kind, input, object) {
  const asked = `mutation($input: ${kind}!) { ${mutation}(input: $input) { ${object} { id } userErrors { code } } }`;
  const variables = { input: { commandId: crypto.randomUUID(), ...input } };
  const done = (await ask(demo, vera, asked, variables))[mutation];
  assert.deepEqual(done.userErrors, []);
  return done[object].id;
}

const hire = (name, email) =>
  act("staffAdd", "StaffAddInput", { name, email, role: "OPERATOR" }, "staff");

async function come(path, options = {}) {
  const page = await open(browser, options);
  await signIn(page, side, vera, path);
  return page;
}

/** The service asks again who it is, as it does when the last proof is older than five minutes: at the first such change. */
async function forgetProof(page, operation, field) {
  let stale = true;
  await page.route("**/graphql", async (route) => {
    const { query } = route.request().postDataJSON();
    if (!stale || !query.includes(`mutation ${operation}`)) return route.fallback();
    stale = false;
    const refusal = { code: "STEP_UP_REQUIRED", message: "it is long ago", advice: "confirm" };
    await route.fulfill({
      json: { data: { [field]: { userErrors: [refusal], position: null } } },
    });
  });
}

async function showWhoOneIs(page) {
  const asking = page.getByRole("dialog", { name: "Confirm that it is you" });
  await asking.getByLabel("Password").fill(vera.password);
  await asking.getByRole("button", { name: "Go on" }).click();
}

/** The certificate says whose it was, and the service proves that the fact is in the log. */
async function isCertified(page, whose, fact) {
  const certificate = part(page, "Certificate of erasure");
  await certificate.getByText(whose).waitFor();
  const root = await certificate.getByText(/^[0-9a-f]{64}$/).textContent();
  const asked = "{ history(first: 20) { nodes { fact digest position } } }";
  const { nodes } = (await ask(demo, vera, asked)).history;
  const found = nodes.find(({ digest }) => digest === `blake3:${root}`);
  assert.equal(found.fact, fact);
  const proof = await certificate.getByRole("link", { name: "Save the proof" });
  assert.equal(await proof.getAttribute("href"), `/tlog/proof/${found.position}`);
  await page.waitForFunction(
    async (path) => (await fetch(path)).ok,
    await proof.getAttribute("href"),
  );
  page.wrong.length = 0;
  const saving = page.waitForEvent("download");
  await certificate.getByRole("button", { name: "Save the certificate" }).click();
  assert.equal((await saving).suggestedFilename(), `erasure-${found.position}.txt`);
  await certificate.getByRole("button", { name: "I have it" }).click();
  await certificate.waitFor({ state: "detached" });
}

for (const width of Object.keys(WIDTHS)) {
  test(`somebody of the vendor is kept out, let in again and erased, ${width}`, async () => {
    const name = `Olga Keller ${width}`;
    const email = `olga.${width}@vendor.example`;
    const id = await hire(name, email);
    const page = await come("/", { width });
    await page.getByRole("link", { name: "Team" }).click();
    await page.getByRole("heading", { level: 1, name: "Your team" }).waitFor();
    const row = page.getByRole("row").filter({ hasText: email });
    await row.waitFor();
    await isSound(page, `the team, ${width}`);
    const own = page.getByRole("row").filter({ hasText: vera.email });
    assert.equal(await own.getByRole("button").count(), 0, "nobody keeps oneself out");

    const dialog = page.getByRole("dialog");
    await forgetProof(page, "StaffSuspend", "staffSuspend");
    await row.getByRole("button", { name: `Suspend ${name}` }).click();
    await dialog.getByText("is out of the console at once").waitFor();
    await isSound(page, `suspending, ${width}`);
    await dialog.getByRole("button", { name: "Suspend", exact: true }).click();
    await showWhoOneIs(page);
    await recorded(page, `${name} is suspended.`);
    await row.getByText("Suspended").waitFor();
    await row.getByRole("button", { name: `Restore ${name}` }).click();
    await dialog.getByRole("button", { name: "Restore", exact: true }).click();
    await recorded(page, `${name} may sign in again.`);
    await row.getByRole("button", { name: `Suspend ${name}` }).click();
    await dialog.getByRole("button", { name: "Suspend", exact: true }).click();
    await recorded(page, `${name} is suspended.`);
    await picture(page, `console-team-suspended-${width}`);

    await more(row, name, "Erase for good");
    await dialog.getByText("Gone for good").waitFor();
    await dialog.getByText("What stays").waitFor();
    const act = dialog.getByRole("button", { name: "Erase for good" });
    assert.ok(await act.isDisabled(), "not before the name is typed");
    await dialog.getByLabel("Type the name").fill(name.toLowerCase());
    assert.ok(await act.isDisabled(), "nor another one");
    await dialog.getByLabel("Type the name").fill(name);
    await dialog.getByLabel("Why it has to be").selectOption("OBJECTION");
    await isSound(page, `erasing somebody of the vendor, ${width}`);
    await picture(page, `console-team-erase-${width}`);
    await act.click();
    await recorded(page, "The personal data is erased.");
    await part(page, "Certificate of erasure").getByText("The person objects").waitFor();
    await isSound(page, `the certificate, ${width}`);
    await picture(page, `console-team-erased-${width}`);
    await isCertified(page, id, "staff_erased");
    await page.goto(`${side}/team`);
    await settled(page);
    assert.equal(await page.getByText(name).count(), 0);
    await page.getByText("Name was erased").first().waitFor();
    await page.context().close();
  });

  test(`a customer that has gone is erased with all its people, ${width}`, async () => {
    const name = `Leaving & Sons ${width}`;
    const account = await act("accountOpen", "AccountOpenInput", { name }, "account");
    const person = `Wilma Leaving ${width}`;
    const email = `wilma.${width}@leaving.example`;
    const who = { accountId: account, name: person, email, role: "MEMBER" };
    await act("memberAdd", "MemberAddInput", who, "member");
    const page = await come(`/customers/${account}/people`, { width });
    const section = part(page, "Erasing the account");
    await section.getByText("each of its licenses is revoked").waitFor();
    await isSound(page, `an account that may be erased, ${width}`);
    await forgetProof(page, "AccountErase", "accountErase");
    await section.getByRole("button", { name: "Erase the account" }).click();
    const dialog = page.getByRole("dialog", { name: `Erase ${name}` });
    await dialog.getByText("everybody who belongs to it").waitFor();
    const erase = dialog.getByRole("button", { name: "Erase for good" });
    assert.ok(await erase.isDisabled(), "not before the name is typed");
    await dialog.getByLabel("Type the name").fill(name);
    await isSound(page, `erasing an account, ${width}`);
    await picture(page, `console-erase-account-${width}`);
    await erase.click();
    await showWhoOneIs(page);
    await recorded(page, "The account and all its people are erased.");
    await picture(page, `console-erased-account-${width}`);
    await isSound(page, `an account that is erased, ${width}`);
    await isCertified(page, account, "account_erased");
    await part(page, "Erased").getByText("stays told, without a name").waitFor();
    assert.equal(await page.locator("main").getByRole("button").count(), 0, "nothing is offered");
    for (const path of [`/customers/${account}/people`, `/customers/${account}`]) {
      await page.goto(side + path);
      await settled(page);
      assert.equal(await page.getByText(name).count(), 0, path);
      assert.equal(await page.getByText(person).count(), 0, path);
    }
    await page.context().close();
  });
}

test("a customer that still has something is not erased, and the page says why", async () => {
  const ann = demo.person("portal", "org_admin");
  const { account } = await ask(demo, ann, "{ account { id name } }");
  const page = await come(`/customers/${account.id}/people`, { width: "phone" });
  await part(page, "Erasing the account").getByRole("button", { name: "Erase" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Type the name").fill(account.name);
  await dialog.getByRole("button", { name: "Erase for good" }).click();
  await dialog.getByRole("alert").waitFor();
  await isSound(page, "an account that may not be erased, on a phone");
  await picture(page, "console-erase-account-refused-phone");
  await dialog.getByRole("button", { name: "Keep it as it is" }).click();
  assert.equal((await ask(demo, ann, "{ account { name } }")).account.name, account.name);
  await page.context().close();
});

test("somebody of the vendor changes the own name", async () => {
  const page = await come("/account");
  const { name } = (await ask(demo, vera, "{ viewer { staff { name } } }")).viewer.staff;
  for (const called of ["Vera Lindqvist-Olsen", name]) {
    await page.getByRole("button", { name: "Change your name" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(called);
    await dialog.getByRole("button", { name: "Change it" }).click();
    await recorded(page, "Your name is changed.");
    await part(page, "You").getByText(called, { exact: true }).waitFor();
    await page.getByRole("banner").locator("summary").getByText(called).waitFor();
  }
  await page.context().close();
});

test("an auditor of the vendor sees the team and is offered nothing to change", async () => {
  const page = await open(browser);
  await signIn(page, side, demo.person("console", "auditor"), "/team");
  await page.getByRole("row").filter({ hasText: vera.email }).waitFor();
  assert.equal(await page.locator("main").getByRole("button").count(), 0);
  await isSound(page, "the team before an auditor");
  await page.context().close();
});

test("a proof in one window gives all of them the new cookie, and none is signed out", async () => {
  const page = await come("/customers");
  const other = await page.context().newPage();
  await other.goto(`${side}/licenses`);
  await settled(other);
  const cookie = async () =>
    (await page.context().cookies()).find((one) => one.name.endsWith("deedbook_console")).value;
  const before = await cookie();
  const confirm = (password) =>
    page.evaluate(async (password) => {
      const answer = await fetch("/confirm", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ password }),
      });
      return [answer.status, await answer.text()];
    }, password);
  assert.deepEqual(await confirm(vera.password), [204, ""], "no script sees the new one");
  assert.notEqual(await cookie(), before);
  // The window that was open goes on, and follows what happens.
  await other.getByRole("link", { name: "Catalog" }).click();
  await other.getByRole("heading", { level: 1, name: "Catalog" }).waitFor();
  await settled(other);
  const gone = await act("accountOpen", "AccountOpenInput", { name: "Follows Ltd" }, "account");
  await other.goto(`${side}/customers/${gone}/people`);
  await settled(other);
  const who = {
    accountId: gone,
    name: "Fay Follows",
    email: "fay@follows.example",
    role: "MEMBER",
  };
  await act("memberAdd", "MemberAddInput", who, "member");
  await other.getByText("Fay Follows").waitFor();
  assert.ok(!other.url().includes("/sign-in"), other.url());
  const stolen = await fetch(`${side}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${before}` },
    body: JSON.stringify({ query: "{ __typename }" }),
  });
  assert.equal(stolen.status, 401, "a copy of the cookie of before opens nothing");
  await page.context().close();
});
