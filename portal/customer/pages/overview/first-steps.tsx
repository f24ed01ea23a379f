/** What a new admin does first. What is done is read off the ledger, so it is done for whoever looks and wherever; that one
 * has put the list away is remembered by the browser. */

import { useState } from "react";
import { Link } from "wouter";
import { Section } from "../../../shared/ui";
import type { OverviewQuery } from "../../operations.generated";

const PUT_AWAY_KEY = "deedbook.first-steps";

/** The list, until everything on it is done or it is put away. */
export function FirstSteps({ data }: { data: OverviewQuery }) {
  const [away, setAway] = useState(() => localStorage.getItem(PUT_AWAY_KEY) !== null);
  const { total, seats, devices } = data.dashboard;
  const steps = [
    { name: "Sign in", done: true, how: "You are here." },
    {
      name: "See what you bought",
      done: total > 0,
      how: "Licenses show here as soon as your vendor issues one to you.",
    },
    {
      name: "Give somebody a seat",
      done: seats.assigned !== "0",
      how: (
        <>
          Open one of <Link href="/licenses">your licenses</Link> and choose a person.
        </>
      ),
    },
    {
      name: "Activate a device",
      done: devices.some(({ count }) => count > 0),
      how: (
        <>
          Open one of <Link href="/licenses">your licenses</Link>, show its key, and enter it in the
          software.
        </>
      ),
    },
  ];
  if (away || data.viewer.member?.role !== "ORG_ADMIN" || steps.every(({ done }) => done)) {
    return null;
  }
  const putAway = () => {
    localStorage.setItem(PUT_AWAY_KEY, new Date().toISOString());
    setAway(true);
  };
  return (
    <div className="wide">
      <Section
        name="First steps"
        aside={
          <button type="button" className="small" onClick={putAway}>
            Put away
          </button>
        }
      >
        <ol className="steps">
          {steps.map(({ name, done, how }) => (
            <li key={name} className={done ? "done" : undefined}>
              {name} {done && <span className="quiet">– done</span>}
              {!done && <span className="quiet">{how}</span>}
            </li>
          ))}
        </ol>
      </Section>
    </div>
  );
}
