/** The pages by their addresses. */

import { lazy, Suspense, useEffect } from "react";
import { Route, Switch } from "wouter";
import { Connection, useChange, usePage } from "../shared/client";
import { Frame, NoSuchPage } from "../shared/frame";
import { adopt } from "../shared/preferences";
import { StepUp } from "../shared/step-up";
import { Answered } from "../shared/ui";
import { Bell } from "./bell";
import { ChangesDocument, PreferencesSetDocument, ShellDocument } from "./operations.generated";

const Overview = lazy(() => import("./pages/overview"));
const Licenses = lazy(() => import("./pages/licenses"));
const License = lazy(() => import("./pages/license"));
const Diagnose = lazy(() => import("./pages/diagnose"));
const People = lazy(() => import("./pages/people"));
const Account = lazy(() => import("./pages/account"));
const Notifications = lazy(() => import("./pages/notifications"));
const Demanded = lazy(() => import("../shared/demanded"));

const PLACES = [
  { to: "/", name: "Overview" },
  { to: "/licenses", name: "Licenses" },
  { to: "/diagnose", name: "Diagnose" },
];
const PEOPLE = { to: "/people", name: "People" };

/** The customer portal. */
export function App() {
  return (
    <Connection
      changes={ChangesDocument}
      idleMinutes={30}
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
  const shell = usePage(ShellDocument, {});
  const viewer = shell.data?.viewer;
  const choose = useChange(PreferencesSetDocument);
  useEffect(() => adopt(viewer?.preferences), [viewer?.preferences]);
  // What happened, and who is there, is told to those who answer for an account.
  const answers = (viewer?.accounts.length ?? 0) > 0;
  return (
    <Frame
      brand={viewer?.account?.name ?? "Your licenses"}
      places={answers ? [...PLACES, PEOPLE] : PLACES}
      who={{ ...viewer?.member }}
      choose={choose}
      beside={viewer && <Bell unread={viewer.unreadNotifications} />}
    >
      <Answered page={shell}>
        {() => (
          <Switch>
            <Route path="/">
              <Overview history={answers} />
            </Route>
            <Route path="/licenses" component={Licenses} />
            <Route path="/licenses/:id">{({ id }) => <License id={id} key={id} />}</Route>
            <Route path="/diagnose" component={Diagnose} />
            <Route path="/people" component={People} />
            <Route path="/account" component={Account} />
            <Route path="/notifications" component={Notifications} />
            <Route component={NoSuchPage} />
          </Switch>
        )}
      </Answered>
    </Frame>
  );
}
