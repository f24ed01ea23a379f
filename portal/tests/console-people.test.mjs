// The vendor looks after the people of a customer: roles, partners, single sign-on, legal holds, erasing.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
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
import { CLIENT, startProvider, there } from "./identity-provider.mjs";
import { ask } from "./sample.mjs";

let demo;
let browser;
let vera;
let ann;
let bob;
let side;
let portal;
let acme;
let provider;

before(async () => {
  process.env.DEEDBOOK_IDENTITY_PROVIDERS = "loopback";
  demo = await startDemo();
  browser = await launch();
  vera = demo.person("console", "operator");
  ann = demo.person("portal", "org_admin");
  bob = demo.person("portal", "member");
  side = demo.addresses.console;
  portal = demo.addresses.portal;
  const asked = "{ account { id name subAccounts { nodes { id name } } } }";
  acme = (await ask(demo, ann, asked)).account;
});

after(async () => {
  await browser?.close();
  provider?.stop();
  await demo?.stop();
});

/** Opens the page of the people of an account. */
async function come(options = {}, account = acme.id) {
  const page = await open(browser, options);
  await signIn(page, side, vera, `/customers/${account}/people`);
  return page;
}

/** Fills and confirms the dialog that is open. */
async function confirm(page, act, fill = async () => {}) {
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await fill(dialog);
  await dialog.getByRole("button", { name: act, exact: true }).click();
}

/** Opens the dialog of a button of a part of the page, fills and confirms it. */
async function act(within, button, confirming, fill) {
  await within.getByRole("button", { name: button }).click();
  await confirm(within.page(), confirming, fill);
}

const done = (page) => page.getByRole("dialog").waitFor({ state: "detached" });

/** Adds somebody through the API, with whatever a test wants of it. */
async function add(name, email, account = acme.id) {
  const input = {
    commandId: crypto.randomUUID(),
    accountId: account,
    name,
    email,
    role: "MEMBER",
  };
  const asked =
    "mutation($input: MemberAddInput!) { memberAdd(input: $input) { member { id } userErrors { code } } }";
  const { memberAdd } = await ask(demo, vera, asked, { input });
  assert.deepEqual(memberAdd.userErrors, []);
  return memberAdd.member.id;
}

for (const width of Object.keys(WIDTHS)) {
  describe(width, () => {
    test("grants a role over a branch and over one license, and ends it", async () => {
      const page = await open(browser, { width });
      await signIn(page, side, vera, `/customers/${acme.id}`);
      await page.getByRole("link", { name: /^Roles, sign-in, partners/ }).click();
      await page.getByRole("heading", { level: 1, name: `People of ${acme.name}` }).waitFor();
      await settled(page);
      await isSound(page, `the people of a customer, ${width}`);
      await page.getByLabel("Search").fill(bob.email.split("@")[0]);
      const row = page.getByRole("row").filter({ hasText: bob.email });
      await row.waitFor();
      const name = (await ask(demo, bob, "{ viewer { member { name } } }")).viewer.member.name;
      const [branch] = acme.subAccounts.nodes;
      const granted = part(page, "Granted beside that");
      for (const [may, where] of [
        ["AUDITOR", branch.name],
        ["LICENSE_MANAGER", /^Only the license/],
      ]) {
        await more(row, name, "Grant more");
        await confirm(page, "Grant it", async (dialog) => {
          await dialog.getByLabel("May").selectOption(may);
          const option = dialog.getByLabel("Where").locator("option", { hasText: where }).first();
          await dialog.getByLabel("Where").selectOption(await option.getAttribute("value"));
          await isSound(page, `granting, ${width}`);
          await picture(page, `console-grant-${width}`);
        });
        await recorded(page, name);
        await granted.waitFor();
      }
      await granted.getByText(`${name}: ${branch.name}`).waitFor();
      await isSound(page, `what is granted, ${width}`);
      for (const _ of ["one", "the other"]) {
        const end = granted.getByRole("button", { name: `End what ${name} may do` }).first();
        await end.click();
        await confirm(page, "End it");
        await done(page);
        await recorded(page, `${name} no longer has that role.`);
      }
      await granted.waitFor({ state: "detached" });
      await page.context().close();
    });

    test("links a partner, whose people act for the customer, and parts with it", async () => {
      const page = await come({ width });
      const partners = part(page, "Partners");
      await partners.getByText("None. The people of a partner").waitFor();
      await act(partners, "Link a partner", "Link it", async (dialog) => {
        assert.ok(await dialog.getByRole("button", { name: "Link it" }).isDisabled());
        await dialog.getByLabel("Find a customer").fill("globex");
        const choice = dialog.getByLabel("Partner");
        const option = choice.locator("option", { hasText: /^Globex/ }).first();
        await option.waitFor({ state: "attached" });
        await choice.selectOption(await option.getAttribute("value"));
        await dialog.getByLabel("Its people may").selectOption("AUDITOR");
        await dialog.getByLabel("Last day, if it has an end").fill("2099-12-31");
        await isSound(page, `linking a partner, ${width}`);
        await picture(page, `console-partner-${width}`);
      });
      await recorded(page, `acts for ${acme.name} now.`);
      const row = partners.getByRole("listitem").filter({ hasText: "Globex" });
      await row.getByText("Sees everything, changes nothing").waitFor();
      const gil = demo.addresses.people.find(({ handle }) => handle === "gil");
      const sees = async () =>
        (await ask(demo, gil, `{ account(id: "${acme.id}") { name } }`)).account?.name;
      assert.equal(await sees(), acme.name, "who reads everything at the partner reads it here");
      await act(row, /^End what Globex/, "Part with it");
      await recorded(page, "no longer acts here.");
      assert.equal(await sees(), undefined);
      await page.context().close();
    });
  });
}

test("sets single sign-on up, demands it, unlinks a person, and removes it", async () => {
  provider = await startProvider(`${portal}/sign-in/organization/${acme.id}`);
  const page = await come();
  const section = part(page, "Single sign-on");
  await section.getByText(/^None\. With it/).waitFor();
  await act(section, "Connect it", "Connect it", async (dialog) => {
    // The vendor's side does not know where the portal is; it is typed once.
    await dialog.getByLabel("Address of your customer portal").fill(`${portal}/`);
    const told = await dialog.locator("code").first().textContent();
    assert.equal(told, `${portal}/sign-in/organization/${acme.id}`);
    await dialog.getByLabel("Address of the provider").fill(provider.issuer);
    await dialog.getByLabel("Client id").fill(CLIENT.client_id);
    await dialog.getByLabel("Client secret").fill(CLIENT.client_secret);
    await isSound(page, "connecting a provider");
    await picture(page, "console-single-sign-on-connect");
  });
  await recorded(page, "The provider is connected.");
  await section.getByText("a password lets people in, too").waitFor();
  await section.getByText("The address that the provider sends people back to").click();
  await section.getByText(`${portal}/sign-in/organization/${acme.id}`).waitFor();
  await act(section, "Require it", "Require it");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("alert").filter({ hasText: "has come in through" }).waitFor();
  await isSound(page, "requiring it too early");
  await dialog.getByRole("button", { name: "Keep it as it is" }).click();

  const theirs = await open(browser);
  const comeThrough = async () => {
    await theirs.goto(`${portal}/sign-in/organization?next=/people`);
    await theirs.getByLabel("E-mail").fill(ann.email);
    await there(theirs, portal, provider, ann.email);
    await theirs.waitForURL(`${portal}/people`);
    await settled(theirs);
  };
  const isOut = async () => {
    await theirs.goto(`${portal}/licenses`);
    await theirs.waitForURL(/\/sign-in\?next=/);
  };
  await comeThrough();
  await section.getByText("1 person has come in through it.").waitFor();
  await act(section, "Require it", "Require it");
  await recorded(page, "People come in through the provider only.");
  await page.setViewportSize(WIDTHS.phone);
  await isSound(page, "single sign-on is required, on a phone");
  await picture(page, "console-single-sign-on-phone");
  await page.setViewportSize(WIDTHS.desktop);
  await picture(page, "console-single-sign-on");

  await page.getByLabel("Search").fill("ann@");
  const row = page.getByRole("row").filter({ hasText: ann.email });
  await more(row, null, "Unlink from single sign-on");
  await confirm(page, "Unlink");
  await recorded(page, "is linked anew by the next single sign-on");
  await isOut();
  await comeThrough();

  await act(section, "Change its secret", "Change it", async (dialog) => {
    assert.ok(await dialog.getByLabel("Address of the provider").isDisabled());
    await dialog.getByLabel("Client secret").fill(CLIENT.client_secret);
  });
  await done(page);
  await act(section, "No longer require it", "Allow passwords");
  await recorded(page, "Passwords let people in again.");
  await act(section, "Disconnect it", "Disconnect it");
  await recorded(page, "The provider is disconnected.");
  await section.getByText(/^None\. With it/).waitFor();
  await isOut();
  await Promise.all([page, theirs].map((one) => one.context().close()));
});

test("a legal hold is placed, stands against erasing, also below, and is lifted", async () => {
  const [branch] = acme.subAccounts.nodes;
  await add("Otto Evidence", "otto@acme.example", branch.id);
  const page = await come({ width: "phone" });
  const section = part(page, "Legal holds");
  await section.getByText(/^None\. With one/).waitFor();
  await act(section, "Place a legal hold", "Place it", async (dialog) => {
    await dialog.getByLabel("Your reference of the matter").fill("Acme v. Globex");
    await isSound(page, "placing a legal hold, on a phone");
  });
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("alert").filter({ hasText: "visible ASCII characters" }).waitFor();
  await confirm(page, "Place it", (dialog) =>
    dialog.getByLabel("Your reference of the matter").fill("2026-0417/EU"),
  );
  await recorded(page, "Nobody is erased from now on.");
  await section.getByRole("listitem").filter({ hasText: "2026-0417/EU" }).waitFor();
  await isSound(page, "a legal hold, on a phone");
  await picture(page, "console-legal-hold-phone");

  // Below it the page says which account it was placed on; erasing is refused with the reason.
  await page.setViewportSize(WIDTHS.desktop);
  await page.goto(`${side}/customers/${branch.id}/people`);
  await settled(page);
  await section.getByRole("link", { name: acme.name }).waitFor();
  assert.equal(await section.getByRole("button", { name: /^Lift/ }).count(), 0);
  const row = page.getByRole("row").filter({ hasText: "otto@acme.example" });
  await more(row, "Otto Evidence", "Suspend");
  await confirm(page, "Suspend");
  await recorded(page, "Otto Evidence is suspended.");
  await more(row, "Otto Evidence", "Erase for good");
  await dialog.getByText("A legal hold stands against it.").waitFor();
  await dialog.getByText(`on ${acme.name}`).waitFor();
  await dialog.getByRole("button", { name: "Erase for good" }).click();
  await dialog.getByRole("alert").filter({ hasText: "a legal matter needs" }).waitFor();
  await isSound(page, "an erasure that a legal hold refuses");
  await picture(page, "console-erase-held");
  await dialog.getByRole("button", { name: "Keep it as it is" }).click();
  await row.getByText("otto@acme.example").waitFor();

  await page.goto(`${side}/customers/${acme.id}`);
  await settled(page);
  await page.getByRole("link", { name: "1 matter: nobody is erased" }).click();
  await page.waitForURL(/#legal-holds$/);
  await settled(page);
  await act(section, "Lift the legal hold 2026-0417/EU", "It is over");
  await recorded(page, "The matter 2026-0417/EU is over.");
  await section.getByText(/^None\. With one/).waitFor();
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

for (const width of Object.keys(WIDTHS)) {
  test(`a person is erased by the vendor, with a certificate that can be checked, ${width}`, async () => {
    const name = `Wilhelmina ${width}`;
    const email = `mina.${width}@acme.example`;
    const id = await add(name, email);
    const page = await come({ width });
    await page.getByLabel("Search").fill(email);
    const row = page.getByRole("row").filter({ hasText: email });
    await more(row, name, "Suspend");
    await confirm(page, "Suspend");
    await recorded(page, `${name} is suspended.`);
    // The service asks again who it is when the last proof is older than five minutes; here at the first change.
    let stale = true;
    await page.route("**/graphql", async (route) => {
      const { query } = route.request().postDataJSON();
      if (!stale || !query.includes("mutation MemberErase")) return route.fallback();
      stale = false;
      const refusal = { code: "STEP_UP_REQUIRED", message: "it is long ago", advice: "confirm" };
      await route.fulfill({
        json: { data: { memberErase: { userErrors: [refusal], position: null } } },
      });
    });
    await more(row, name, "Erase for good");
    await confirm(page, "Erase for good", async (dialog) => {
      await dialog.getByText("Gone for good").waitFor();
      await dialog.getByText("What stays").waitFor();
      await dialog.getByLabel("Why it has to be").selectOption("CONSENT_WITHDRAWN");
      await isSound(page, `erasing, ${width}`);
      await picture(page, `console-erase-${width}`);
    });
    const asking = page.getByRole("dialog", { name: "Confirm that it is you" });
    await asking.getByLabel("Password").fill(vera.password);
    await asking.getByRole("button", { name: "Go on" }).click();
    await recorded(page, "The personal data is erased.");
    const certificate = part(page, "Certificate of erasure");
    await certificate.getByText(id).waitFor();
    await certificate.getByText("The person withdrew the consent").waitFor();
    const root = await certificate.getByText(/^[0-9a-f]{64}$/).textContent();
    await isSound(page, `the certificate, ${width}`);
    await picture(page, `console-erased-${width}`);

    // The fact is what the certificate says, and the service proves that it is in the log.
    const history = `{ account(id: "${acme.id}") { history(first: 9) { nodes { fact digest position } } } }`;
    const { account } = await ask(demo, vera, history);
    const fact = account.history.nodes.find(({ digest }) => digest === `blake3:${root}`);
    assert.equal(fact.fact, "member_erased");
    const proof = await certificate.getByRole("link", { name: "Save the proof" });
    assert.equal(await proof.getAttribute("href"), `/tlog/proof/${fact.position}`);
    await page.waitForFunction(
      async (path) => (await fetch(path)).ok,
      await proof.getAttribute("href"),
    );
    page.wrong.length = 0;
    const saving = page.waitForEvent("download");
    await certificate.getByRole("button", { name: "Save the certificate" }).click();
    assert.equal((await saving).suggestedFilename(), `erasure-${fact.position}.txt`);

    await certificate.getByRole("button", { name: "I have it" }).click();
    await certificate.waitFor({ state: "detached" });
    for (const path of [`/customers/${acme.id}/people`, `/customers/${acme.id}`]) {
      await page.goto(side + path);
      await settled(page);
      assert.equal(await page.getByText(name).count(), 0, path);
    }
    await page.context().close();
  });
}

test("an auditor of the vendor sees it all and is offered nothing to change", async () => {
  const page = await open(browser);
  const auditor = demo.person("console", "auditor");
  await signIn(page, side, auditor, `/customers/${acme.id}/people`);
  await part(page, "Single sign-on").waitFor();
  await part(page, "Legal holds").waitFor();
  assert.equal(await page.locator("main").getByRole("button").count(), 0);
  await isSound(page, "the people of a customer before an auditor");
  await page.context().close();
});
