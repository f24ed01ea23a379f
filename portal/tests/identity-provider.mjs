// A real identity provider (OpenID Connect) on a free port of this machine, that lets everybody in who says an e-mail.

import { createServer } from "node:http";
import { Provider } from "oidc-provider";

export const CLIENT = { client_id: "deedbook", client_secret: "a-secret-of-the-test" };

/** Starts it for one client, who is sent back to this address only. */
export async function startProvider(redirect) {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: [redirect], grant_types: ["authorization_code"] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    // The ID token says the e-mail.
    conformIdTokenClaims: false,
    cookies: { keys: ["only for a test"] },
    pkce: { required: () => true },
    findAccount: (_, email) => ({
      accountId: email,
      claims: () => ({ sub: `person ${email}`, email, email_verified: true }),
    }),
  });
  server.on("request", provider.callback());
  return {
    issuer,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Somebody signs in on its pages. */
export async function signInThere(page, email) {
  await page.getByPlaceholder("Enter any login").fill(email);
  await page.getByPlaceholder("and password").fill("anything");
  await page.getByRole("button", { name: "Sign-in" }).click();
}

/** Somebody who typed the e-mail goes to the provider, signs in there unless it knows the browser, and is back. */
export async function there(page, side, provider, email) {
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in/organization");
  if (page.url().startsWith(provider.issuer)) await signInThere(page, email);
  const consent = page.getByRole("button", { name: "Continue" });
  await Promise.race([consent.waitFor(), page.waitForURL(`${side}/**`)]);
  if (page.url().startsWith(provider.issuer)) await consent.click();
  await page.waitForURL(`${side}/**`);
  // What goes wrong on the provider's own pages, such as fonts from elsewhere, is not ours.
  page.wrong.length = 0;
}
