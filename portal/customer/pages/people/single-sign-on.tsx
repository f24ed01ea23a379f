/** Single sign-on of an organization: its own provider, and whether one comes in through that only. */

import { useState } from "react";
import { useChange } from "../../../shared/client";
import { counted, day } from "../../../shared/format";
import { Confirm, Copyable, Section } from "../../../shared/ui";
import {
  AccountConnectIdentityProviderDocument,
  AccountDisconnectIdentityProviderDocument,
  AccountRequireSingleSignOnDocument,
} from "../../operations.generated";
import type { Account, Show } from "./shown";

/** What there is, and what an admin can do about it. */
export function SingleSignOn(props: { account: Account; may: boolean; show: Show }) {
  const { account, may, show } = props;
  const provider = account.identityProvider;
  return (
    <Section
      name="Single sign-on"
      note={
        provider
          ? `People of ${account.name} sign in at ${provider.issuer}, connected ${day(provider.connectedAt)}.`
          : "None. With it, people sign in where they do for everything else at your organization, and who leaves there no longer gets in here."
      }
      aside={may && <Connect account={account} show={show} />}
    >
      {provider && (
        <div className="stack">
          <p>
            {provider.requiredSince
              ? `It is required since ${day(provider.requiredSince)}: no password lets anybody of ${account.name} in.`
              : "It is not required: a password lets people in, too."}{" "}
            {counted(provider.peopleLinked, "person has", "people have")} come in through it.
          </p>
          {may && (
            <div className="acts">
              <a className="button small" href="/sign-in/organization?next=/people">
                Try it: sign in through it
              </a>
              <Require account={account} show={show} />
              {!provider.requiredSince && <Disconnect account={account} show={show} />}
            </div>
          )}
        </div>
      )}
    </Section>
  );
}

function Connect({ account, show }: { account: Account; show: Show }) {
  const known = account.identityProvider;
  const [issuer, setIssuer] = useState(known?.issuer ?? "");
  const [clientId, setClientId] = useState(known?.clientId ?? "");
  const [clientSecret, setClientSecret] = useState("");
  const connect = useChange(AccountConnectIdentityProviderDocument);
  return (
    <Confirm
      button={known ? "Change its secret" : "Connect it"}
      title={known ? "Say the new client" : "Connect your organization’s sign-in"}
      ready={issuer !== "" && clientId !== "" && clientSecret !== ""}
      effects={
        <div className="stack">
          <p>
            At your provider, add an application of the kind “web”, for OpenID Connect. It asks for
            this address to send people back to:
          </p>
          <p>
            <Copyable
              text={`${location.origin}/sign-in/organization/${account.id}`}
              label="the address to send people back to"
            />
          </p>
          <label>
            Address of the provider (issuer)
            <input
              type="url"
              value={issuer}
              placeholder="https://login.example.com"
              disabled={known !== null}
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
      onConfirm={() => connect({ accountId: account.id, issuer, clientId, clientSecret })}
      onDone={(done) => {
        setClientSecret("");
        show("The provider is connected. Try it before you require it.")(done);
      }}
    />
  );
}

function Require({ account, show }: { account: Account; show: Show }) {
  const require = useChange(AccountRequireSingleSignOnDocument);
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
      onConfirm={() => require({ accountId, required: false })}
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
            You have to have signed in through it yourself. When it fails one day and no admin gets
            in, the vendor can allow passwords again.
          </p>
        </>
      }
      act="Require it"
      danger
      onConfirm={() => require({ accountId, required: true })}
      onDone={show("People come in through the provider only.")}
    />
  );
}

function Disconnect({ account, show }: { account: Account; show: Show }) {
  const disconnect = useChange(AccountDisconnectIdentityProviderDocument);
  return (
    <Confirm
      button="Disconnect it"
      title="Disconnect the provider?"
      effects={
        <p>
          Who came in through it is out at once, and needs a password: make a link for who has none.
        </p>
      }
      act="Disconnect it"
      danger
      onConfirm={() => disconnect({ accountId: account.id })}
      onDone={show("The provider is disconnected.")}
    />
  );
}
