/** What the browser does with passkeys: makes one, shows one. The service says what is asked, and checks what is answered. */

import { type Answer, send } from "./client";

interface Asked<Options> {
  ceremony: string;
  publicKey: Options;
}

/** Whether passkeys can be used here: by this browser, and on a host that has a name. */
export function knowsPasskeys(): boolean {
  const isNumber = /^[\d.]+$|^\[/.test(location.hostname);
  return (
    !isNumber && typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === "function"
  );
}

/** Whoever closes the browser's own window knows why; all else is told as the browser says it. */
function gaveUp(error: unknown): Answer<never> {
  const { name, message } = error as DOMException;
  if (name === "InvalidStateError") {
    return {
      ok: false,
      message: "This device has a passkey of yours already.",
      advice: "Use that one.",
    };
  }
  return {
    ok: false,
    message: name === "NotAllowedError" ? "No passkey was shown." : message,
    advice: "Nothing is changed. Try again.",
  };
}

/** Shows one of one's passkeys: it counts as having shown who one is. */
export async function showPasskey(): Promise<Answer<null>> {
  const begun = await send<Asked<PublicKeyCredentialRequestOptionsJSON>>(
    "/confirm/passkey/begin",
    {},
  );
  if (!begun.ok || !begun.data) return begun as Answer<null>;
  const { ceremony, publicKey: options } = begun.data;
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    return await send<null>("/confirm/passkey", { ceremony, credential: shown.toJSON() });
  } catch (error) {
    return gaveUp(error);
  }
}

/** Makes a passkey and adds it under this name. */
export async function makePasskey(name: string): Promise<Answer<{ passkey: string }>> {
  const begun = await send<Asked<PublicKeyCredentialCreationOptionsJSON>>("/passkeys/begin", {});
  if (!begun.ok || !begun.data) return begun as Answer<never>;
  const { ceremony, publicKey: options } = begun.data;
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
    return await send<{ passkey: string }>("/passkeys", {
      ceremony,
      name,
      credential: made.toJSON(),
    });
  } catch (error) {
    return gaveUp(error);
  }
}
