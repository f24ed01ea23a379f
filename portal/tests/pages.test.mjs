// Every page of both applications: as it looks on a phone and at a desk, light and dark.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import {
  isSound,
  launch,
  open,
  operations,
  picture,
  settled,
  signIn,
  THEMES,
  WIDTHS,
} from "./browser.mjs";
import { ask, licenses } from "./sample.mjs";

/** Who does the main job at each side. */
const ADMINS = { portal: "org_admin", console: "operator" };

/** The vendor's has all customers, and the fingerprint of each view of the ledger. */
const OVERVIEW_BYTES_MAX = { portal: 10_000, console: 20_000 };

let demo;
let browser;
let pages;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  const ann = demo.person("portal", "org_admin");
  const { L2, L3 } = await licenses(demo, ann);
  const found = await ask(demo, ann, `{ license(id: "${L2}") { accountId productId } }`);
  const { accountId, productId } = found.license;
  const past = "2026-06-01";
  pages = {
    portal: [
      ["overview", "/", "Overview"],
      ["licenses", "/licenses", "Licenses"],
      ["licenses-filtered", "/licenses?status=EXPIRING&text=orbit", "Licenses"],
      ["licenses-none", "/licenses?text=nothing-of-this-name", "Licenses"],
      ["license", `/licenses/${L2}`, "License"],
      ["license-expiring", `/licenses/${L3}`, "License"],
      ["license-past", `/licenses/${L2}?on=${past}`, "License"],
      ["license-unknown", "/licenses/lic_00000000000000000000000001", "License"],
      ["diagnose", "/diagnose", "Diagnose"],
      ["diagnose-answer", `/diagnose?license=${L2}&feature=sso&version=99.0.0`, "Diagnose"],
      ["people", "/people", "People"],
      ["account", "/account", "Account"],
      ["notifications", "/notifications", "Notifications"],
      ["no-such-page", "/nothing/here", null],
    ],
    console: [
      ["overview", "/", "Overview"],
      ["customers", "/customers", "Customers"],
      ["customers-found", "/customers?text=acme", "Find"],
      ["customer", `/customers/${accountId}`, "Customer"],
      ["customer-people", `/customers/${accountId}/people`, "People"],
      ["customer-unknown", "/customers/acc_00000000000000000000000001", "Customer"],
      ["licenses", "/licenses", "Licenses"],
      ["licenses-none", "/licenses?text=nothing-of-this-name", "Licenses"],
      ["license", `/licenses/${L2}`, "License"],
      ["license-past", `/licenses/${L2}?on=${past}`, "License"],
      ["change", `/licenses/${L2}/change?product=${productId}`, "Change"],
      ["issue", "/issue", "Issue"],
      ["issue-chosen", `/issue?account=${accountId}&product=${productId}`, "Issue"],
      ["catalog", "/catalog", "Catalog"],
      ["policies", "/policies", "Policies"],
      ["catalog-product", `/catalog?product=${productId}`, "Catalog"],
      ["team", "/team", "Team"],
      ["account", "/account", "Account"],
    ],
  };
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

for (const width of Object.keys(WIDTHS)) {
  for (const theme of THEMES) {
    describe(`${width}, ${theme}`, () => {
      for (const [side, role] of Object.entries(ADMINS)) {
        test(`the ${side}`, async () => {
          const page = await open(browser, { width, theme });
          await page.goto(`${demo.addresses[side]}/sign-in`);
          await isSound(page, "sign-in");
          await picture(page, `${side}-sign-in-${width}-${theme}`);
          await signIn(page, demo.addresses[side], demo.person(side, role));
          for (const [name, path] of pages[side]) {
            await page.goto(demo.addresses[side] + path);
            await isSound(page, `${side}: ${name}`);
            await picture(page, `${side}-${name}-${width}-${theme}`);
          }
          await page.context().close();
        });
      }
    });
  }
}

for (const [side, role] of Object.entries(ADMINS)) {
  test(`the ${side} on a tablet, and magnified to 200 % at a desk`, async () => {
    for (const [name, viewport] of Object.entries({
      tablet: { width: 768, height: 1024 },
      magnified: { width: 720, height: 450 },
    })) {
      const page = await open(browser, { viewport, deviceScaleFactor: name === "tablet" ? 1 : 2 });
      await signIn(page, demo.addresses[side], demo.person(side, role));
      for (const [what, path] of pages[side]) {
        await page.goto(demo.addresses[side] + path);
        await isSound(page, `${side}: ${what}, ${name}`);
      }
      await page.context().close();
    }
  });
}

test("whoever may see less sees pages that are whole", async () => {
  const bob = demo.person("portal", "member");
  const page = await open(browser);
  await signIn(page, demo.addresses.portal, bob);
  const own = Object.values(await licenses(demo, bob))[0];
  for (const path of ["/", "/licenses", `/licenses/${own}`, `/diagnose?license=${own}`]) {
    await page.goto(demo.addresses.portal + path);
    await isSound(page, `${path} of a member`);
    assert.equal(await page.getByRole("alert").count(), 0, path);
  }
  await picture(page, "portal-member-diagnose");
  await page.context().close();
});

for (const [side, role] of Object.entries(ADMINS)) {
  test(`each page of the ${side} asks one question, and the overview's answer is small`, async () => {
    const page = await open(browser);
    await signIn(page, demo.addresses[side], demo.person(side, role));
    for (const [name, path, operation] of pages[side]) {
      const sent = operations(page);
      await page.goto(demo.addresses[side] + path);
      await settled(page);
      await page.waitForLoadState("networkidle");
      const names = sent.map((one) => one.name).sort();
      assert.deepEqual(names, [operation, "Shell"].filter(Boolean).sort(), name);
      if (name === "overview") {
        const { bytes } = sent.find((one) => one.name === "Overview");
        assert.ok(bytes < OVERVIEW_BYTES_MAX[side], `the overview is answered with ${bytes} bytes`);
      }
      page.removeAllListeners("response");
    }
    await page.context().close();
  });
}

test("what the sample shows is what its ledger says", async () => {
  const ann = demo.person("portal", "org_admin");
  const page = await open(browser);
  await signIn(page, demo.addresses.portal, ann);
  const said = await ask(demo, ann, "{ dashboard { total health { reasons { text } } } }");
  await page.getByRole("link", { name: `Licenses ${said.dashboard.total}` }).waitFor();
  for (const { text } of said.dashboard.health.reasons) {
    await page.getByRole("link", { name: text }).waitFor();
  }
  await page.context().close();
});
