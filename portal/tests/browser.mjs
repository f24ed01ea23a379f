// Debian's Chromium as a customer has it: a phone or a desk, light or dark, and what must hold on every page.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const SCREENSHOTS = new URL("../screenshots/", import.meta.url).pathname;
/** WCAG 2.2 AA, and all that it contains. */
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** The narrowest phone that is promised, and a desk. */
export const WIDTHS = {
  phone: { width: 360, height: 780 },
  desktop: { width: 1440, height: 900 },
};
export const THEMES = ["light", "dark"];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A browser of its own: its cookies are nobody else's. What goes wrong in its pages is kept in `page.wrong`. */
export async function open(browser, { width = "desktop", theme = "light", ...options } = {}) {
  const context = await browser.newContext({
    viewport: WIDTHS[width],
    colorScheme: theme,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.wrong = [];
  page.on("pageerror", (error) => page.wrong.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.wrong.push(`${message.text()} ${message.location().url}`);
  });
  return page;
}

/** Signs in with the form, and goes to an address. */
export async function signIn(page, side, person, to = "/") {
  await page.goto(`${side}/sign-in?next=${encodeURIComponent(to)}`);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${side}${to}`);
  await settled(page);
}

/** Waits until the page shows its answer. */
export async function settled(page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => !document.querySelector(".skeleton"));
}

/** The part of a page with this name. */
export const part = (page, name) => page.getByRole("region", { name, exact: true });

/** Chooses from the menu of what can be done about a person; the only one within, where none is named. */
export async function more(within, person, act) {
  await within.getByRole("button", { name: `More about ${person ?? ""}` }).click();
  await within.getByRole("menuitem", { name: act, exact: true }).click();
}

/** Waits until something was recorded, in these words. */
export const recorded = (page, words) =>
  page
    .getByRole("status")
    .filter({ hasText: words })
    .filter({ hasText: "Recorded as #" })
    .waitFor();

/** What holds on every page, however it is looked at. */
export async function isSound(page, name) {
  await settled(page);
  assert.deepEqual(page.wrong, [], `${name}: nothing goes wrong`);
  assert.equal(await page.locator("h1").count(), 1, `${name}: it has one name`);
  assert.notEqual(await page.title(), "", `${name}: the window is named`);
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(sideways, 0, `${name}: nothing has to be scrolled sideways`);
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  assert.deepEqual(found, [], `${name}: axe finds nothing`);
}

/** Keeps how the whole page looks. */
export async function picture(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}

/** The GraphQL operations that a page sends from now on, by name, with the bytes of their answers. */
export function operations(page) {
  const sent = [];
  page.on("response", async (response) => {
    const request = response.request();
    if (!request.url().endsWith("/graphql") || request.method() !== "POST") return;
    const name = /(?:query|mutation) (\w+)/.exec(request.postDataJSON().query)?.[1];
    const one = { name };
    sent.push(one);
    one.bytes = (await response.body()).length;
  });
  return sent;
}
