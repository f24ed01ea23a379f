/** The pages by their addresses. */

import { lazy } from "react";
import { Route, Switch } from "wouter";
import { Connection, usePage } from "../shared/client";
import { Frame, NoSuchPage } from "../shared/frame";
import { ChangesDocument, ShellDocument } from "./operations.generated";

const Overview = lazy(() => import("./pages/overview"));
const Licenses = lazy(() => import("./pages/licenses"));
const License = lazy(() => import("./pages/license"));
const Diagnose = lazy(() => import("./pages/diagnose"));

const PLACES = [
  { to: "/", name: "Overview" },
  { to: "/licenses", name: "Licenses" },
  { to: "/diagnose", name: "Diagnose" },
];

/** The customer portal. */
export function App() {
  return (
    <Connection changes={ChangesDocument}>
      <Places />
    </Connection>
  );
}

function Places() {
  const viewer = usePage(ShellDocument, {}).data?.viewer;
  return (
    <Frame
      brand={viewer?.account?.name ?? "Your licenses"}
      places={PLACES}
      who={{ ...viewer?.member }}
    >
      <Switch>
        <Route path="/" component={Overview} />
        <Route path="/licenses" component={Licenses} />
        <Route path="/licenses/:id">{({ id }) => <License id={id} key={id} />}</Route>
        <Route path="/diagnose" component={Diagnose} />
        <Route component={NoSuchPage} />
      </Switch>
    </Frame>
  );
}
