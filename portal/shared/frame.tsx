/** The frame around all pages: where one is and who one is. */

import { type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { signOut } from "./client";
import { browserZone, keptZone, setZone, words } from "./format";
import { type Preferences, shownHere } from "./preferences";
import { setTheme, THEMES, type Theme, theme } from "./theme";
import { Empty, Skeleton, Title } from "./ui";

/** Who signed in. */
export interface Who {
  name?: string | null;
  email?: string | null;
  role?: string | undefined;
}

type Choose = (chosen: Preferences) => Promise<unknown>;

/** A page that can be reached from every page. */
export interface Place {
  to: string;
  name: string;
}

/** The pages below a bar with their names. */
export function Frame(props: {
  brand: string;
  places: Place[];
  who: Who;
  /** Keeps how pages look, for every browser. */
  choose: Choose;
  /** What else stands beside who one is. */
  beside?: ReactNode;
  children: ReactNode;
}) {
  const [at] = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // A new page is read from its start, by eye and by ear.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows the address
  useEffect(() => {
    if (first.current) first.current = false;
    else {
      window.scrollTo(0, 0);
      main.current?.focus();
    }
  }, [at]);
  const here = (to: string) => (to === "/" ? at === "/" : at.startsWith(to));
  return (
    <div className="frame">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <p className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <span>{props.brand}</span>
        </p>
        <nav aria-label="Pages">
          {props.places.map(({ to, name }) => (
            <Link key={to} href={to} aria-current={here(to) ? "page" : undefined}>
              {name}
            </Link>
          ))}
        </nav>
        {props.beside}
        <Person who={props.who} choose={props.choose} />
      </header>
      <Offline />
      <main id="content" ref={main} tabIndex={-1}>
        <Suspense
          fallback={
            <div className="card">
              <Skeleton rows={8} />
            </div>
          }
        >
          {props.children}
        </Suspense>
      </main>
    </div>
  );
}

/** What stands where no page is. */
export function NoSuchPage() {
  return (
    <>
      <Title window="Not found">There is no such page</Title>
      <Empty action={<Link href="/">Go to the overview</Link>}>
        The address may be old, or was typed wrong.
      </Empty>
    </>
  );
}

function Person({ who, choose }: { who: Who; choose: Choose }) {
  const [shown, setShown] = useState<Theme>(theme());
  const [where, setWhere] = useState(keptZone() ?? "");
  const zones = Intl.supportedValuesOf("timeZone");
  return (
    <details className="person">
      <summary>{who.name || "You"}</summary>
      <div className="menu">
        <p>
          <strong>{who.name}</strong>
          <br />
          {who.email}
          {who.role && (
            <>
              <br />
              <span className="quiet">{words(who.role)}</span>
            </>
          )}
        </p>
        <label>
          Look
          <select
            value={shown}
            onChange={({ target }) => {
              const chosen = target.value as Theme;
              setShown(chosen);
              setTheme(chosen);
              choose(shownHere());
            }}
          >
            {THEMES.map((one) => (
              <option key={one} value={one}>
                {one === "system" ? "As the system" : words(one)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Time zone
          <select
            value={where}
            onChange={({ target }) => {
              setWhere(target.value);
              setZone(target.value || null);
              choose(shownHere()).then(() => location.reload());
            }}
          >
            <option value="">As the browser: {browserZone()}</option>
            {(where === "" || zones.includes(where) ? zones : [where, ...zones]).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Link href="/account">Your account</Link>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </div>
    </details>
  );
}

function Offline() {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  if (online) return null;
  return (
    <p className="offline" role="status">
      You are offline. What you see may be old; nothing can be changed until you are back.
    </p>
  );
}
