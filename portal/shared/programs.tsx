/** Programs that act for somebody: the tokens they show. One is made here, shown once, and revoked. */

import { useState } from "react";
import type { Done } from "./client";
import { date, day, startOfNext } from "./format";
import { Confirm, Copyable, Section } from "./ui";

export type Scope = "READ" | "LICENSES" | "PEOPLE" | "OPERATE";

/** What each scope lets a program do, beside seeing. */
const SCOPES: Record<Exclude<Scope, "READ">, string> = {
  LICENSES: "Give and take seats, devices, domains and bundles",
  PEOPLE: "Add people without a role, suspend and restore people",
  OPERATE: "Whatever the vendor does: the catalog, customers, issuing, usage",
};

const DAY_MS = 86_400_000;
/** How long a token is good unless one says otherwise, and at most. */
const DAYS_USUAL = 90;
const DAYS_MAX = 365;

/** A token, as pages ask for it. */
export interface Token {
  id: string;
  name: string;
  scopes: Scope[];
  networks: string[];
  expiresAt: string;
  lastUsedOn?: string | null;
  member?: { id: string; name?: string | null } | null;
}

/** What is chosen when one is made. */
export interface Wanted {
  name: string;
  scopes: Scope[];
  expiresAt: string;
  networks: string[];
}

/** What the service answers. */
interface Answer {
  apiTokenCreate?: {
    created?: { secret?: string | null; token: { name: string } } | null;
  } | null;
}

type Show = (what: string) => (done: Done) => void;

/** The programs of whoever looks. */
export function OwnPrograms(props: {
  tokens: Token[];
  /** What the caller may let a program do beside seeing. */
  offers: Exclude<Scope, "READ">[];
  create: (wanted: Wanted) => Promise<Done<Answer>>;
  revoke: (tokenId: string) => Promise<Done>;
  show: Show;
}) {
  const { tokens, offers, create, revoke, show } = props;
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  return (
    <Section
      name="Programs"
      note="A program that shows a token of yours does at most what you may do at that moment, and of that only what the token is for."
      aside={<Make offers={offers} create={create} made={setMade} show={show} />}
    >
      {made && (
        <section className="card once stack" aria-label="The token">
          <p>
            <strong>Copy the token for {made.name} now.</strong> It is not shown again. Whoever has
            it is that program: keep it where you keep passwords.
          </p>
          <p className="address">
            <Copyable text={made.secret} label="the token" />
          </p>
          <button type="button" className="small" onClick={() => setMade(null)}>
            I have it
          </button>
        </section>
      )}
      {tokens.length === 0 ? (
        <p className="quiet">No program acts for you.</p>
      ) : (
        <Rows tokens={tokens} revoke={(token) => revoke(token.id)} show={show} />
      )}
    </Section>
  );
}

/** The programs of people of an account. */
export function Programs(props: {
  tokens: Token[];
  /** Whether whoever looks may revoke them. */
  may: boolean;
  revoke: (tokenId: string, memberId: string) => Promise<Done>;
  show: Show;
}) {
  const { tokens, may, revoke, show } = props;
  if (tokens.length === 0) return null;
  const end = (token: Token) => revoke(token.id, token.member?.id ?? "");
  return (
    <Section
      name="Programs"
      note="They act for a person with a token, and never do more than the person may at that moment."
    >
      <Rows tokens={tokens} revoke={may ? end : null} show={show} />
    </Section>
  );
}

function Rows(props: {
  tokens: Token[];
  revoke: ((token: Token) => Promise<Done>) | null;
  show: Show;
}) {
  const { tokens, revoke, show } = props;
  return (
    <ul className="rows">
      {tokens.map((one) => (
        <li key={one.id} className="row">
          <div>
            {one.name}
            {one.member?.name && ` · for ${one.member.name}`}
            <br />
            <span className="quiet">
              {told(one)} · {one.lastUsedOn ? `used ${day(one.lastUsedOn)}` : "never used"} · until{" "}
              {day(new Date(Date.parse(one.expiresAt) - 1).toISOString())}
              {one.networks.length > 0 && ` · from ${one.networks.join(", ")} only`}
            </span>
          </div>
          {revoke && (
            <Confirm
              button="Revoke"
              label={`Revoke the token ${one.name}`}
              title={`Revoke the token ${one.name}?`}
              danger
              effects={
                <p>The program that has it is refused from its next request on, for good.</p>
              }
              act="Revoke it"
              onConfirm={() => revoke(one)}
              onDone={show(`The token ${one.name} is revoked.`)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

/** What a token is for, in a few words. */
function told({ scopes }: Token): string {
  const words: Record<Scope, string> = {
    READ: "sees",
    LICENSES: "seats and devices",
    PEOPLE: "people",
    OPERATE: "operates",
  };
  const [first = "READ", ...others] = scopes.filter(
    (one, _, all) => all.length === 1 || one !== "READ",
  );
  return [first, ...others].map((one) => words[one]).join(", ");
}

function Make(props: {
  offers: Exclude<Scope, "READ">[];
  create: (wanted: Wanted) => Promise<Done<Answer>>;
  made: (made: { name: string; secret: string }) => void;
  show: Show;
}) {
  const { offers, create, made, show } = props;
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>([]);
  const [last, setLast] = useState(date(Date.now() + DAYS_USUAL * DAY_MS));
  const [from, setFrom] = useState("");
  const choose = (scope: Scope, on: boolean) =>
    setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope));
  return (
    <Confirm
      button="Make a token"
      title="Let a program act for you?"
      ready={name.trim() !== "" && last !== ""}
      effects={
        <div className="stack">
          <label>
            Which program has it
            <input
              value={name}
              autoComplete="off"
              onChange={({ target }) => setName(target.value)}
            />
          </label>
          <fieldset className="stack">
            <legend>It sees what you see. It may also</legend>
            {offers.map((one) => (
              <label key={one} className="check">
                <input
                  type="checkbox"
                  checked={scopes.includes(one)}
                  onChange={({ target }) => choose(one, target.checked)}
                />
                {SCOPES[one]}
              </label>
            ))}
            {offers.length === 0 && <p className="quiet">Nothing: you change nothing either.</p>}
          </fieldset>
          <label>
            Last day
            <input
              type="date"
              value={last}
              min={date()}
              max={date(Date.now() + (DAYS_MAX - 1) * DAY_MS)}
              onChange={({ target }) => setLast(target.value)}
            />
          </label>
          <label>
            Only from these addresses, if it always comes from there
            <input
              value={from}
              placeholder="203.0.113.0/24, 198.51.100.7"
              autoComplete="off"
              onChange={({ target }) => setFrom(target.value)}
            />
          </label>
          <p>
            It makes no tokens, shows no keys and does not touch how anybody signs in. What it does
            stands in the history with its name.
          </p>
        </div>
      }
      act="Make it"
      onConfirm={() =>
        create({
          name: name.trim(),
          scopes: ["READ", ...scopes],
          expiresAt: startOfNext(last),
          networks: from.split(/[\s,]+/).filter(Boolean),
        })
      }
      onDone={(done) => {
        const created = done.ok ? done.data.apiTokenCreate?.created : null;
        if (created?.secret) made({ name: created.token.name, secret: created.secret });
        setName("");
        setScopes([]);
        setFrom("");
        show("The token is made.")(done);
      }}
    />
  );
}
