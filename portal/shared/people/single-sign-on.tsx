/** Single sign-on of an organization: its own provider, and whether one comes in through that only. */

import { useState } from "react";
import type { Done } from "../client";
import { counted, day } from "../format";
import { Confirm, Copyable, Section } from "../ui";
import { originOf, PortalAddress, usePortalAddress } from "./portal-address";
import type { Provider, Show } from "./shown";

/** What is asked of the provider of an account. */
export interface ProviderChanges {
  connect: (input: {
    accountId: string;
    issuer: string;
    clientId: string;
    clientSecret: string;
  }) => Promise<Done>;
  require: (input: { accountId: string; required: boolean }) => Promise<Done>;
  disconnect: (input: { accountId: string }) => Promise<Done>;
}

interface Part {
  account: { id: string; name?: string | null; identityProvider?: Provider | null };
  changes: ProviderChanges;
  /** Whether it is the organization's own admin who looks, not the vendor. */
  own: boolean;
  show: Show;
}

/** What there is, and what an admin or the vendor can do about it. */
export function SingleSignOn(props: Part & { may: boolean }) {
  const { account, may, own } = props;
  const provider = account.identityProvider;
  const whose = own ? "your organization" : "their organization";
  return (
    <Section
      name="Single sign-on"
      id="single-sign-on"
      note={
        provider
          ? `People of ${account.name} sign in at ${provider.issuer}, connected ${day(provider.connectedAt)}.`
          : `None. With it, people sign in where they do for everything else at ${whose}, and who leaves there no longer gets in here.`
      }
      aside={may && <Connect {...props} />}
    >
      {provider && (
        <div className="stack">
          <p>
            {provider.requiredSince
              ? `It is required since ${day(provider.requiredSince)}: no password lets anybody of ${account.name} in.`
              : "It is not required: a password lets people in, too."}{" "}
            {counted(provider.peopleLinked, "person has", "people have")} come in through it.
          </p>
          {!own && <Told accountId={account.id} />}
          {may && (
            <div className="acts">
              {own && (
                <a className="button small" href="/sign-in/organization?next=/people">
                  Try it: sign in through it
                </a>
              )}
              <Require {...props} />
              {!provider.requiredSince && <Disconnect {...props} />}
            </div>
          )}
        </div>
      )}
    </Section>
  );
}

/** The address that the provider is told to send people back to, where the vendor looks it up. */
function Told({ accountId }: { accountId: string }) {
  const [origin, setOrigin] = usePortalAddress();
  return (
    <details>
      <summary>The address that the provider sends people back to</summary>
      <Back accountId={accountId} origin={origin} typed={setOrigin} />
    </details>
  );
}

/** The address itself: at the portal it is known, at the console somebody says where the portal is. */
function Back(props: {
  accountId: string;
  origin: string;
  typed: ((origin: string) => void) | null;
}) {
  const path = `/sign-in/organization/${props.accountId}`;
  return (
    <div className="stack">
      {props.typed && <PortalAddress origin={props.origin} typed={props.typed} />}
      <p>
        <Copyable text={originOf(props.origin) + path} label="the address to send people back to" />
      </p>
      {props.typed && originOf(props.origin) === "" && (
        <p className="quiet">The address of your customer portal stands before it.</p>
      )}
    </div>
  );
}

function Connect({ account, changes, own, show }: Part) {
  const known = account.identityProvider;
  const [issuer, setIssuer] = useState(known?.issuer ?? "");
  const [clientId, setClientId] = useState(known?.clientId ?? "");
  const [clientSecret, setClientSecret] = useState("");
  const [origin, setOrigin] = usePortalAddress();
  const title = own
    ? "Connect your organization’s sign-in"
    : `Connect the sign-in of ${account.name}`;
  return (
    <Confirm
      button={known ? "Change its secret" : "Connect it"}
      title={known ? "Say the new client" : title}
      ready={issuer !== "" && clientId !== "" && clientSecret !== ""}
      effects={
        <div className="stack">
          <p>
            At {own ? "your" : "the customer’s"} provider, an application of the kind “web”, for
            OpenID Connect, is added. It asks for this address to send people back to:
          </p>
          <Back
            accountId={account.id}
            origin={own ? location.origin : origin}
            typed={own ? null : setOrigin}
          />
          <label>
            Address of the provider (issuer)
            <input
              type="url"
              value={issuer}
              placeholder="https://login.example.com"
              disabled={known != null}
              onChange={({ target }) => setIssuer(target.value)}
              required
            />
          </label>
          <label>
            Client id
            <input
              value={clientId}
              autoComplete="off"
              onChange={({ target }) => setClientId(target.value)}
              required
            />
          </label>
          <label>
            Client secret
            <input
              type="password"
              value={clientSecret}
              autoComplete="off"
              onChange={({ target }) => setClientSecret(target.value)}
              required
            />
          </label>
          <p className="quiet">
            The secret is never shown again. Nobody has to use it yet: passwords go on as before.
          </p>
        </div>
      }
      act={known ? "Change it" : "Connect it"}
      keep="Not now"
      onConfirm={() => changes.connect({ accountId: account.id, issuer, clientId, clientSecret })}
      onDone={(done) => {
        setClientSecret("");
        show("The provider is connected. Try it before you require it.")(done);
      }}
    />
  );
}

function Require({ account, changes, own, show }: Part) {
  const required = account.identityProvider?.requiredSince != null;
  const accountId = account.id;
  return required ? (
    <Confirm
      button="No longer require it"
      title="No longer require single sign-on?"
      effects={
        <p>Who has a password can sign in with it again. Who has none gets one by a link.</p>
      }
      act="Allow passwords"
      onConfirm={() => changes.require({ accountId, required: false })}
      onDone={show("Passwords let people in again.")}
    />
  ) : (
    <Confirm
      button="Require it"
      title="Require single sign-on?"
      effects={
        <>
          <p>
            From their next click on, everybody of {account.name} who signed in with a password
            signs in again, through the provider. No password lets anybody in, programs that use one
            stop.
          </p>
          <p>
            {own
              ? "You have to have signed in through it yourself. When it fails one day and no admin gets in, the vendor can allow passwords again."
              : "An admin of the customer has to have come in through it, so that it is known to work. When it fails one day and no admin gets in, you can allow passwords again here."}
          </p>
        </>
      }
      act="Require it"
      danger
      onConfirm={() => changes.require({ accountId, required: true })}
      onDone={show("People come in through the provider only.")}
    />
  );
}

function Disconnect({ account, changes, show }: Part) {
  return (
    <Confirm
      button="Disconnect it"
      title="Disconnect the provider?"
      effects={
        <p>
          Who came in through it is out at once, and needs a password: make a link for who has none.
          Who somebody is there is forgotten, of everybody. For one person alone, <em>More</em> in
          the row of the person has <em>Unlink from single sign-on</em>.
        </p>
      }
      act="Disconnect it"
      danger
      onConfirm={() => changes.disconnect({ accountId: account.id })}
      onDone={show("The provider is disconnected.")}
    />
  );
}
