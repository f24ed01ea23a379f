// The button of the sign-in page that signs in with a passkey. It is there where the browser knows passkeys.
"use strict";

const button = document.querySelector("#passkey button");
const refusal = document.querySelector("#passkey-refusal");

/** What the service answers; or throws what it says to whoever sits in front of the page. */
const send = async (address, body) => {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? "Nobody can sign in right now.");
  return answer;
};

const signIn = async () => {
  const asked = await send("/sign-in/passkey/begin", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.publicKey);
  const credential = (await navigator.credentials.get({ publicKey })).toJSON();
  const { next } = await send("/sign-in/passkey", {
    ceremony: asked.ceremony,
    credential,
    next: button.dataset.next,
  });
  location.assign(next);
};

/** Whoever closes the window of the browser knows why; all else is told. */
const words = (error) =>
  error.name === "NotAllowedError" ? "No passkey was shown. Try again, or use your password." : error.message;

// Passkeys belong to the name of a host: an address of numbers has none.
const isNumber = /^[\d.]+$|^\[/.test(location.hostname);

if (button && !isNumber && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  button.parentElement.hidden = false;
  button.addEventListener("click", async () => {
    refusal.hidden = true;
    button.disabled = true;
    try {
      await signIn();
    } catch (error) {
      refusal.textContent = words(error);
      refusal.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
