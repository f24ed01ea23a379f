// Persons as customers, the clocks by which terms end, currencies, and notice periods by country.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { transformWithOxc } from "vite";
import { startDemo } from "../../graphql/conformance/server.mjs";
import { isSound, launch, open, part, picture, recorded, settled, signIn } from "./browser.mjs";
import { ask } from "./sample.mjs";

const source = readFileSync(new URL("../shared/contract.ts", import.meta.url), "utf8");
const { code } = await transformWithOxc(source, "contract.ts");
const { fractionDigits, minor, money, typed } = await import(
  `data:text/javascript,${encodeURIComponent(code)}`
);

const EXAMPLE = new URL("../../docs/notice-policy.example.csv", import.meta.url).pathname;
const PASSWORD = "nine blue herons by the river";

let demo;
let browser;
let vera;
let console_;
let portal;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  vera = demo.person("console", "operator");
  console_ = demo.addresses.console;
  portal = demo.addresses.portal;
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Changes something as the vendor, without the pages. */
async function change(mutation, kind, input, object) {
  const document = `mutation($input: ${kind}!) { ${mutation}(input: $input) { ${object} userErrors { code message } } }`;
  const sent = { commandId: crypto.randomUUID(), ...input };
  const answer = (await ask(demo, vera, document, { input: sent }))[mutation];
  assert.deepEqual(answer.userErrors, [], mutation);
  return answer;
}

/** The customer whose admin is Gil. */
async function theirs() {
  const gil = demo.addresses.people.find(({ handle }) => handle === "gil");
  return (await ask(demo, gil, "{ viewer { account { id } } }")).viewer.account;
}

/** Opens the dialog of a button, fills and confirms it. */
async function act(page, button, confirm, fill = async () => {}) {
  await page.getByRole("button", { name: button, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await fill(dialog);
  await isSound(page, button);
  await dialog.getByRole("button", { name: confirm, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

/** What a page says under a name. */
const fact = (page, name) =>
  page
    .locator(".facts > div")
    .filter({ has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }) })
    .locator("dd")
    .first();

test("amounts are whole numbers of the smallest unit, and are written as the locale of the contract does", () => {
  const rows = [
    // What is typed, the currency and locale, what is sent, what is shown.
    ["1234.50", "EUR", "fr-FR", "123450", "1 234,50 €"],
    ["1234,5", "EUR", "de-DE", "123450", "1.234,50 €"],
    ["1234.50", "USD", "en-US", "123450", "$1,234.50"],
    ["120000", "JPY", "ja-JP", "120000", "¥120,000"],
    ["0.05", "USD", "en-US", "5", "$0.05"],
    ["1.234", "KWD", "en-US", "1234", "KWD 1.234"],
    ["999999999999.99", "EUR", "de-DE", "99999999999999", "999.999.999.999,99 €"],
  ];
  for (const [text, currency, locale, sent, shown] of rows) {
    assert.equal(minor(text, currency), sent, text);
    const plain = money(sent, currency, locale)
      .replace(/[\u00a0\u202f]/g, " ")
      .replace("￥", "¥");
    assert.equal(plain, shown, `${text} ${currency}`);
    assert.equal(minor(typed(sent, currency), currency), sent, "what is shown can be sent again");
  }
  assert.equal(fractionDigits("JPY"), 0, "there is nothing smaller than a yen");
  assert.equal(minor("1.5", "JPY"), null);
  assert.equal(minor("1.505", "EUR"), null);
  assert.equal(minor("-1", "EUR"), null);
  assert.match(money("100", "EUR", "no such locale"), /1[.,]00/, "else as the browser writes it");
});

test("a person is a customer, alone in the account, and makes it an organization's without losing anything", async () => {
  const page = await open(browser);
  await signIn(page, console_, vera, "/customers");
  await act(page, "Open an account", "Open it", async (dialog) => {
    await dialog.getByRole("combobox", { name: "For", exact: true }).selectOption("A person");
    await dialog.getByLabel("Name of the person").fill("Mia Marten");
    assert.ok(
      await dialog.getByRole("button", { name: "Open it" }).isDisabled(),
      "an e-mail is needed",
    );
    await dialog.getByLabel("E-mail, to sign in with").fill("mia@home.example");
    await dialog.getByLabel(/^Your number for it/).fill("crm-mia");
  });
  await page.waitForURL(/\/customers\/acc_/);
  await page.getByRole("heading", { name: "Mia Marten", level: 1 }).waitFor();
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const people = part(page, "People");
  await people.getByText("mia@home.example").waitFor();
  assert.equal(
    await people.getByRole("button", { name: "Add a person" }).count(),
    0,
    "nobody joins",
  );
  await people.getByRole("button", { name: /^Make a link/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make the link" }).click();
  const path = await page.locator(".once code").textContent();
  await picture(page, "console-customer-person");
  const { products } = await ask(demo, vera, "{ products { nodes { id bundles { code } } } }");
  const product = products.nodes.find(({ bundles }) => bundles.length > 0);
  const issue = { accountId: id, productId: product.id, source: product.bundles[0].code };
  const { license } = await change("licenseIssue", "LicenseIssueInput", issue, "license { id }");

  const hers = await open(browser, { width: "phone" });
  await hers.goto(new URL(path, portal).href);
  await hers.getByLabel("New password").fill(PASSWORD);
  await hers.getByLabel("The same again").fill(PASSWORD);
  await hers.getByRole("button", { name: "Set the password" }).click();
  await hers.waitForURL(`${portal}/`);
  await settled(hers);
  await hers.goto(`${portal}/people`);
  await hers.getByText("This account is one person’s.").waitFor();
  assert.equal(await hers.getByRole("button", { name: "Add a person" }).count(), 0);
  await isSound(hers, "people of a person");
  await hers.goto(`${portal}/account`);
  await part(hers, "Yours alone").waitFor();
  await isSound(hers, "the own account of a person");
  await picture(hers, "portal-account-person-phone");
  await act(hers, "Become an organization", "Make it an organization’s", async (dialog) => {
    await dialog.getByText("It cannot be undone.").waitFor();
    const confirm = dialog.getByRole("button", { name: "Make it an organization’s" });
    assert.ok(await confirm.isDisabled(), "it needs a name first");
    await dialog.getByLabel("Name of the organization").fill("Marten Tools");
    await picture(hers, "portal-become-an-organization-phone");
  });
  await recorded(hers, "It is the account of an organization now.");
  await part(hers, "Yours alone").waitFor({ state: "detached" });
  await hers.goto(`${portal}/people`);
  await hers.getByRole("button", { name: "Add a person" }).waitFor();
  await hers.goto(`${portal}/licenses/${license.id}`);
  await settled(hers);
  assert.equal(await hers.getByText("This license is not here").count(), 0, "her license is there");
  await page.getByRole("heading", { name: "Marten Tools", level: 1 }).waitFor();
  await part(page, "People").getByRole("button", { name: "Add a person" }).waitFor();
  assert.deepEqual([...page.wrong, ...hers.wrong], []);
  await Promise.all([page, hers].map((one) => one.context().close()));
});

test("the vendor publishes notice periods from a file, and says on which terms a customer contracts", async () => {
  const page = await open(browser);
  await signIn(page, console_, vera, "/policies");
  await page.getByText("No version was published yet").waitFor();
  await isSound(page, "no policy");
  await act(page, "Publish a version", "Publish it", async (dialog) => {
    const lines = dialog.getByLabel(/^One country a line/);
    await lines.fill("FR,90,14");
    await dialog.getByText("A line for all other countries is missing").waitFor();
    await lines.fill("*,30,0\nfrance,1,2");
    await dialog.getByText("Line 2 is not like FR,90,14: france,1,2").waitFor();
    assert.ok(await dialog.getByRole("button", { name: "Publish it" }).isDisabled());
    await dialog.getByLabel("Or from a file").setInputFiles(EXAMPLE);
    await dialog.getByText("4 countries have a rule of its own.").waitFor();
    await picture(page, "console-policy-publish");
  });
  await recorded(page, "Version 1 counts from now on.");
  const rules = part(page, "Notice of automatic renewals");
  await rules.getByRole("row", { name: /France 90 days before 14 days after/ }).waitFor();
  await rules.getByRole("row", { name: /All other countries 30 days before cannot/ }).waitFor();
  await isSound(page, "a policy");
  await picture(page, "console-policies");

  const globex = await theirs();
  await page.goto(`${console_}/customers/${globex.id}`);
  await settled(page);
  await page.getByRole("button", { name: "Change what contracts begin with" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Time zone of the contract").selectOption("Europe/Paris");
  await dialog.getByLabel(/^Country/).fill("fr");
  await dialog.getByText("France").waitFor();
  await dialog.getByLabel("Currency").selectOption("EUR");
  await dialog.getByLabel(/^Language and region/).fill("fr-FR");
  await dialog.getByLabel(/^Data region/).fill("eu");
  await isSound(page, "what contracts begin with");
  await picture(page, "console-contract-defaults");
  await dialog.getByRole("button", { name: "Change it" }).click();
  await recorded(page, "New contracts begin with that.");
  await fact(page, "Country").filter({ hasText: "France" }).waitFor();
  await fact(page, "Data region").filter({ hasText: /^eu$/ }).waitFor();

  // What is issued to it begins with that: the days that are filled in are days of Paris.
  await page.getByRole("link", { name: "Issue a license" }).first().click();
  const choose = async (label, words) => {
    const option = page.getByLabel(label).locator("option", { hasText: words }).first();
    await option.waitFor({ state: "attached" });
    await page.getByLabel(label).selectOption(await option.getAttribute("value"));
  };
  await choose("Product", "Orbit");
  await choose("Offering or bundle", "Starter Bundle");
  await page.getByLabel(/^Starts/).fill("2026-01-01");
  await page.getByLabel(/^Ends/).fill("2027-01-01");
  await page.getByText("Contract: time zone, country, currency, price").click();
  await page.getByText("Days begin and end by the clocks of Europe/Paris.").waitFor();
  await page.getByLabel(/^What a term costs/).fill("1234,5");
  await isSound(page, "issuing with a contract");
  await picture(page, "console-issue-contract");
  await act(page, "Issue it", "Issue it");
  await recorded(page, "has a new license.");
  await page.getByRole("link", { name: "Go to the license" }).click();
  await page.waitForURL(/\/licenses\/lic_/);
  await settled(page);
  const term = "31 December 2026, 23:59:59 UTC+01:00 (Europe/Paris)";
  await page.getByText(`Its last second: ${term}`).waitFor();
  assert.equal((await fact(page, "A term costs").textContent()).replace(/\s/g, " "), "1 234,50 €");
  const notice = fact(page, "Notice of an automatic renewal");
  const due = "by 2 October 2026, 23:59:59 UTC+02:00 (Europe/Paris)";
  await notice.filter({ hasText: due }).waitFor();
  await notice.filter({ hasText: "by version 1 of the notice periods, for France" }).waitFor();
  await isSound(page, "a license with a contract");
  await picture(page, "console-license-contract");

  // Another contract: the end stays, told by other clocks.
  await act(page, "Change the contract", "Change it", async (dialog) => {
    await dialog.getByLabel("Time zone of the contract").selectOption("Asia/Tokyo");
    await dialog.getByLabel("Currency").selectOption("JPY");
    await dialog.getByText("This is no amount in JPY.").waitFor();
    await dialog.getByLabel(/^What a term costs/).fill("120000");
    await dialog.getByLabel(/^Country/).fill("JP");
    await dialog.getByLabel(/^Language and region/).fill("ja-JP");
  });
  await recorded(page, "The contract is changed.");
  await page.getByText("1 January 2027, 07:59:59 UTC+09:00 (Asia/Tokyo)").waitFor();
  assert.match(await fact(page, "A term costs").textContent(), /^[¥￥]120,000$/);
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test("the customer is told the end by the clocks of the contract, wherever one reads it", async () => {
  const globex = await theirs();
  const { products } = await ask(demo, vera, "{ products { nodes { id bundles { code } } } }");
  const product = products.nodes.find(({ bundles }) => bundles.length > 0);
  const gil = demo.addresses.people.find(({ handle }) => handle === "gil");
  const rows = [
    [
      "FR",
      "Europe/Paris",
      "EUR",
      "fr-FR",
      "2026-10-25T23:00:00Z",
      "25 October 2026, 23:59:59 UTC+01:00 (Europe/Paris)",
      "1 200,00 €",
    ],
    [
      "DE",
      "Europe/Berlin",
      "EUR",
      "de-DE",
      "2026-12-31T23:00:00Z",
      "31 December 2026, 23:59:59 UTC+01:00 (Europe/Berlin)",
      "1.200,00 €",
    ],
    [
      "US",
      "America/New_York",
      "USD",
      "en-US",
      "2026-12-15T05:00:00Z",
      "14 December 2026, 23:59:59 UTC-05:00 (America/New_York)",
      "$1,200.00",
    ],
    [
      "JP",
      "Asia/Tokyo",
      "JPY",
      "ja-JP",
      "2026-12-31T15:00:00Z",
      "31 December 2026, 23:59:59 UTC+09:00 (Asia/Tokyo)",
      "￥120,000",
    ],
  ];
  const notices = {
    FR: "by 27 July 2026, 23:59:59 UTC+02:00 (Europe/Paris)",
    DE: "by 1 December 2026, 23:59:59 UTC+01:00 (Europe/Berlin)",
    US: "by 30 October 2026, 23:59:59 UTC-04:00 (America/New_York)",
    JP: "by 1 November 2026, 23:59:59 UTC+09:00 (Asia/Tokyo)",
  };
  const lines = readFileSync(EXAMPLE, "utf8")
    .split("\n")
    .filter((line) => /^[A-Z]{2},/.test(line));
  assert.deepEqual(
    lines.map((line) => line.slice(0, 2)),
    ["DE", "FR", "JP", "US"],
  );
  const page = await open(browser, { width: "phone", timezoneId: "Pacific/Auckland" });
  await signIn(page, portal, gil);
  for (const [country, timeZone, currency, locale, until, said, price] of rows) {
    const input = {
      accountId: globex.id,
      productId: product.id,
      source: product.bundles[0].code,
      term: { from: "2026-01-01T00:00:00Z", until },
      contract: { country, timeZone, currency, locale, priceMinor: 120000 },
    };
    const { license } = await change("licenseIssue", "LicenseIssueInput", input, "license { id }");
    await page.goto(`${portal}/licenses/${license.id}`);
    await settled(page);
    await page.getByText(`Its last second: ${said}`).waitFor();
    const costs = (await fact(page, "A term costs").textContent()).replace(/\s/g, " ");
    assert.equal(costs.replace("¥", "￥"), price, country);
    await fact(page, "Notice of an automatic renewal")
      .filter({ hasText: notices[country] })
      .waitFor();
    await isSound(page, `a license of ${country}`);
    await picture(page, `portal-license-contract-${country}-phone`);
  }
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});
