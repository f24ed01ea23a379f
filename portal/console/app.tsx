/** The pages by their addresses. */

import { lazy, Suspense, useEffect } from "react";
import { Route, Switch } from "wouter";
import { Connection, useChange, usePage } from "../shared/client";
import { Frame, NoSuchPage } from "../shared/frame";
import { adopt } from "../shared/preferences";
import { StepUp } from "../shared/step-up";
import { ChangesDocument, PreferencesSetDocument, ShellDocument } from "./operations.generated";

const Overview = lazy(() => import("./pages/overview"));
const Customers = lazy(() => import("./pages/customers"));
const Customer = lazy(() => import("./pages/customer"));
const People = lazy(() => import("./pages/people"));
const Licenses = lazy(() => import("./pages/licenses"));
const License = lazy(() => import("./pages/license"));
const Change = lazy(() => import("./pages/change"));
const Issue = lazy(() => import("./pages/issue"));
const Catalog = lazy(() => import("./pages/catalog"));
const Team = lazy(() => import("./pages/team"));
const Policies = lazy(() => import("./pages/policies"));
const Account = lazy(() => import("./pages/account"));
const Demanded = lazy(() => import("../shared/demanded"));

const PLACES = [
  { to: "/", name: "Overview" },
  { to: "/customers", name: "Customers" },
  { to: "/licenses", name: "Licenses" },
  { to: "/issue", name: "Issue" },
  { to: "/catalog", name: "Catalog" },
  { to: "/team", name: "Team" },
  { to: "/policies", name: "Policies" },
];

/** The vendor console. */
export function App() {
  return (
    <Connection
      changes={ChangesDocument}
      idleMinutes={15}
      demanded={
        <Suspense>
          <Demanded />
        </Suspense>
      }
    >
      <StepUp>
        <Places />
      </StepUp>
    </Connection>
  );
}

function Places() {
  const viewer = usePage(ShellDocument, {}).data?.viewer;
  const choose = useChange(PreferencesSetDocument);
  useEffect(() => adopt(viewer?.preferences), [viewer?.preferences]);
  const reads = viewer?.role === "AUDITOR";
  return (
    <Frame
      brand="Deedbook console"
      places={PLACES.filter(({ to }) => to !== "/issue" || !reads)}
      who={{ ...viewer?.staff, role: viewer?.role }}
      choose={choose}
    >
      <Switch>
        <Route path="/" component={Overview} />
        <Route path="/customers" component={Customers} />
        <Route path="/customers/:id">{({ id }) => <Customer id={id} key={id} />}</Route>
        <Route path="/customers/:id/people">{({ id }) => <People id={id} key={id} />}</Route>
        <Route path="/licenses" component={Licenses} />
        <Route path="/licenses/:id">{({ id }) => <License id={id} key={id} />}</Route>
        <Route path="/licenses/:id/change">{({ id }) => <Change id={id} key={id} />}</Route>
        <Route path="/issue" component={Issue} />
        <Route path="/catalog" component={Catalog} />
        <Route path="/team" component={Team} />
        <Route path="/policies" component={Policies} />
        <Route path="/account" component={Account} />
        <Route component={NoSuchPage} />
      </Switch>
    </Frame>
  );
}
