// A vendor's operator does the main job, and the customer sees it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startDemo } from "../../graphql/conformance/server.mjs";
import { isSound, launch, open, part, recorded, settled, signIn, WIDTHS } from "./browser.mjs";
import { ask, licenses } from "./sample.mjs";

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

/** Opens the dialog of a button, and fills and confirms it. */
async function act(page, button, confirm, fill = async () => {}) {
  await page.getByRole("button", { name: button, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await fill(dialog);
  await dialog.getByRole("button", { name: confirm, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

/** Takes the first option whose text has these words, once it is there. */
async function choose(select, words) {
  const option = select.locator("option", { hasText: words }).first();
  await option.waitFor({ state: "attached" });
  await select.selectOption(await option.getAttribute("value"));
}

for (const width of Object.keys(WIDTHS)) {
  describe(width, () => {
    test("issues a license, stops and resumes it, renews it, revokes it; the customer sees each", async () => {
      const page = await open(browser, { width });
      await signIn(page, side, vera);
      await page.getByRole("heading", { name: "The ledger is well" }).waitFor();
      await page.getByRole("link", { name: "Customers", exact: true }).click();
      await page.getByRole("searchbox", { name: "Search" }).fill("globex");
      await page.waitForURL((url) => url.searchParams.get("text") === "globex");
      await settled(page);
      await page
        .getByRole("link", { name: /^Globex/ })
        .first()
        .click();
      await page.waitForURL(/\/customers\/acc_/);
      await settled(page);
      await page.getByRole("link", { name: "Issue a license" }).first().click();
      await page.getByRole("heading", { name: "Issue a license", level: 1 }).waitFor();
      await choose(page.getByLabel("Product"), "Orbit");
      await choose(page.getByLabel("Offering or bundle"), "Starter Bundle");
      await page.getByRole("heading", { name: "What it gives" }).waitFor();
      await page.getByLabel(/^Your number for it/).fill(`BROWSER-${width}`);
      await isSound(page, `issuing, ${width}`);
      await act(page, "Issue it", "Issue it");
      await recorded(page, "has a new license.");
      assert.match(await page.locator(".once code").textContent(), /-\*+-/);
      await act(page, "Show the key", "Show the key");
      const key = await page.locator(".once code", { hasNotText: "*" }).textContent();
      assert.match(key, /^[A-Z0-9]+(-[A-Z0-9]+){2,}$/);
      await page.getByRole("link", { name: "Go to the license" }).click();
      await page.waitForURL(/\/licenses\/lic_/);
      await settled(page);
      const id = new URL(page.url()).pathname.split("/").at(-1);

      // The whole key finds it, and is shown nowhere any more.
      assert.ok(!(await page.locator("main").textContent()).includes(key));
      const found = await ask(
        demo,
        vera,
        "query($text: String!) { licenses(text: $text) { nodes { id } } }",
        {
          text: key,
        },
      );
      assert.deepEqual(found.licenses.nodes, [{ id }]);

      const gil = await open(browser);
      const theirs = demo.addresses.portal;
      await signIn(
        gil,
        theirs,
        demo.addresses.people.find(({ handle }) => handle === "gil"),
        `/licenses/${id}`,
      );
      const shown = (status) => gil.locator(".facts .status", { hasText: status }).waitFor();
      await shown("Assigned");

      await act(page, "Suspend", "Suspend it", async (dialog) => {
        const confirm = dialog.getByRole("button", { name: "Suspend it" });
        assert.ok(await confirm.isDisabled(), "a reason is asked for first");
        await dialog.getByLabel("The reason in words").fill("Invoice 2231 is not paid");
      });
      await recorded(page, "It is suspended.");
      await shown("Suspended");
      await act(page, "Resume", "Resume it");
      await recorded(page, "It is resumed.");
      await shown("Assigned");

      const ends = () => gil.locator(".facts div", { hasText: "Term" }).textContent();
      const before = await ends();
      await act(page, "Renew", "Renew it", (dialog) =>
        dialog.getByLabel("For how long").selectOption("P2Y"),
      );
      await recorded(page, "It is renewed.");
      await gil.waitForFunction(
        (said) =>
          ![...document.querySelectorAll(".facts div")].some((one) => one.textContent === said),
        before,
      );

      await page.getByRole("link", { name: "Change what it gives" }).click();
      await page.getByRole("heading", { name: "Change what it gives" }).waitFor();
      await settled(page);
      await isSound(page, `changing, ${width}`);
      await page.goBack();
      await settled(page);

      await act(page, "Revoke", "Revoke it for good", async (dialog) => {
        await dialog.getByText("Nothing brings a revoked license back.").waitFor();
        await dialog.getByLabel("The reason in words").fill("Issued to try it out");
      });
      await recorded(page, "It is revoked.");
      await page.getByText("It was revoked. Nothing brings it back.").waitFor();
      await shown("Revoked");
      for (const one of [page, gil]) {
        assert.deepEqual(one.wrong, [], one.url());
        await one.context().close();
      }
    });

    test("changes what a license gives after seeing what that brings", async () => {
      const page = await open(browser, { width });
      const { L1 } = await licenses(demo, demo.person("portal", "org_admin"));
      await signIn(page, side, vera, `/licenses/${L1}`);
      await page.getByRole("link", { name: "Change what it gives" }).click();
      await settled(page);
      const chooser = page.getByRole("combobox").first();
      const brings = part(page, "What it brings");
      // With fewer seats than are taken it is refused, with what to do first.
      await choose(chooser, "Orbit Desktop");
      await brings.getByText(/seats are assigned or set aside, \d+ would be granted/).waitFor();
      assert.equal(await brings.getByRole("button").count(), 0);
      await isSound(page, `a change that is refused, ${width}`);
      const to = width === "phone" ? "Growth Bundle" : "Orbit Enterprise";
      await choose(chooser, to);
      await brings.getByRole("button", { name: `Put it on ${to}` }).waitFor();
      await isSound(page, `a change before it is made, ${width}`);
      const source = `{ license(id: "${L1}") { source { name } } }`;
      const before = (await ask(demo, vera, source)).license.source.name;
      assert.notEqual(before, to, "seeing it changes nothing");
      await act(page, `Put it on ${to}`, "Change it");
      await recorded(page, `It is on ${to} now.`);
      assert.equal((await ask(demo, vera, source)).license.source.name, to);
      await page.context().close();
    });

    test("finds by whatever somebody has in hand", async () => {
      const page = await open(browser, { width });
      await signIn(page, side, vera, "/customers");
      const search = page.getByRole("searchbox", { name: "Search" });
      for (const text of ["acme", "ann@acme.example", "acme-eu-macbook"]) {
        await search.fill(text);
        await page.waitForURL((url) => url.searchParams.get("text") === text);
        await page
          .locator("main")
          .getByRole("link", { name: /acme|Ann/i })
          .first()
          .waitFor();
      }
      await search.fill("nobody of this name");
      await page
        .getByText(/^Nothing/)
        .first()
        .waitFor();
      await page.context().close();
    });
  });
}

test("an auditor reads everything and is offered nothing to change", async () => {
  const page = await open(browser);
  const { L2 } = await licenses(demo, demo.person("portal", "org_admin"));
  await signIn(page, side, demo.person("console", "auditor"), `/licenses/${L2}`);
  const acts =
    /^(Suspend|Renew|Revoke|Grant units|Assign|Take back|Deactivate|Retire|Show|Undo|Issue)/;
  assert.equal(await page.getByRole("button", { name: acts }).count(), 0);
  assert.equal(await page.getByRole("link", { name: /Issue|Change what/ }).count(), 0);
  await part(page, "History").waitFor();
  await isSound(page, "a license before an auditor");
  await page.context().close();
});

test("nobody of a customer comes in", async () => {
  const page = await open(browser);
  const ann = demo.person("portal", "org_admin");
  await page.goto(`${side}/sign-in`);
  await page.getByLabel("E-mail").fill(ann.email);
  await page.getByLabel("Password").fill(ann.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "do not fit here" }).waitFor();
  await page.context().close();
});
