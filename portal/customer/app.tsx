/** The frame around all pages: where one is, who one is, and the pages by their addresses. */

import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { Connection, signOut, usePage } from "../shared/client";
import { setZone, words, zone } from "../shared/format";
import { setTheme, THEMES, type Theme, theme } from "../shared/theme";
import { Empty, Skeleton, Title } from "../shared/ui";
import { ChangesDocument, ShellDocument } from "./operations.generated";

const Overview = lazy(() => import("./pages/overview"));
const Licenses = lazy(() => import("./pages/licenses"));
const License = lazy(() => import("./pages/license"));
const Diagnose = lazy(() => import("./pages/diagnose"));

const PLACES = [
  { to: "/", name: "Overview" },
  { to: "/licenses", name: "Licenses" },
  { to: "/diagnose", name: "Why doesn’t it work?" },
];

/** The customer portal. */
export function App() {
  return (
    <Connection changes={ChangesDocument}>
      <Frame />
    </Connection>
  );
}

function Frame() {
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
  return (
    <div className="frame">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <TopBar at={at} />
      <Offline />
      <main id="content" ref={main} tabIndex={-1}>
        <Suspense
          fallback={
            <div className="card">
              <Skeleton rows={8} />
            </div>
          }
        >
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/licenses" component={Licenses} />
            <Route path="/licenses/:id">{({ id }) => <License id={id} key={id} />}</Route>
            <Route path="/diagnose" component={Diagnose} />
            <Route>
              <Title window="Not found">There is no such page</Title>
              <Empty action={<Link href="/">Go to the overview</Link>}>
                The address may be old, or was typed wrong.
              </Empty>
            </Route>
          </Switch>
        </Suspense>
      </main>
    </div>
  );
}

function TopBar(props: { at: string }) {
  const { data } = usePage(ShellDocument, {});
  const here = (to: string) => (to === "/" ? props.at === "/" : props.at.startsWith(to));
  const account = data?.viewer.account?.name ?? "Your licenses";
  return (
    <header className="top">
      <p className="brand">
        <img src="/icon.svg" alt="" width="24" height="24" />
        <span>{account}</span>
      </p>
      <nav aria-label="Pages">
        {PLACES.map(({ to, name }) => (
          <Link key={to} href={to} aria-current={here(to) ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <Person
        name={data?.viewer.member?.name ?? ""}
        email={data?.viewer.member?.email ?? ""}
        role={data?.viewer.member?.role}
      />
    </header>
  );
}

function Person(props: { name: string; email: string; role: string | undefined }) {
  const [shown, setShown] = useState<Theme>(theme());
  const [where, setWhere] = useState(zone());
  const zones = Intl.supportedValuesOf("timeZone");
  return (
    <details className="person">
      <summary>{props.name || "You"}</summary>
      <div className="menu">
        <p>
          <strong>{props.name}</strong>
          <br />
          {props.email}
          {props.role && (
            <>
              <br />
              <span className="quiet">{words(props.role)}</span>
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
              setZone(target.value);
              location.reload();
            }}
          >
            {(zones.includes(where) ? zones : [where, ...zones]).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
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
