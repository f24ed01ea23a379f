/** Everything at a glance, and what to do about it. */

import { useState } from "react";
import { Link } from "wouter";
import { type Done, useChange, usePage } from "../../shared/client";
import { count, counted, relative } from "../../shared/format";
import { Health, type Reason } from "../../shared/health";
import { type Event, Events, Figure, Statuses } from "../../shared/parts";
import {
  Answered,
  Copyable,
  Empty,
  Recorded,
  Section,
  Status,
  Title,
  Usage,
  When,
} from "../../shared/ui";
import { OverviewDocument, type OverviewQuery, UndoDocument } from "../operations.generated";
import { FirstSteps } from "./overview/first-steps";

/** The first page. */
export default function Overview({ history }: { history: boolean }) {
  const page = usePage(OverviewDocument, { history });
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  return (
    <>
      <Title window="Overview">Overview</Title>
      <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
      <Answered page={page} rows={10}>
        {(data) => (
          <div className="grid">
            <FirstSteps data={data} />
            <Health health={data.dashboard.health} href={place} />
            <Numbers data={data} />
            <div className="column">
              <Statuses
                {...data.dashboard}
                href={(status) => `/licenses?status=${status}`}
                empty="Licenses show here as soon as your vendor issues one to you."
              />
              <Quotas data={data} />
              <Ending data={data} />
            </div>
            <div className="column">
              {data.activity && (
                <Activity
                  events={data.activity}
                  show={(what) => (done) => setLast({ done, what })}
                />
              )}
            </div>
          </div>
        )}
      </Answered>
    </>
  );
}

/** Where the licenses are that a reason is about. */
function place({ status, licenseId }: Reason): string {
  if (licenseId) return `/licenses/${licenseId}#allows`;
  return status ? `/licenses?status=${status}` : "/licenses";
}

function Numbers({ data }: { data: OverviewQuery }) {
  const { total, seats, devices } = data.dashboard;
  const bound = devices
    .filter(({ status }) => status !== "DEACTIVATED" && status !== "RETIRED")
    .reduce((sum, { count }) => sum + count, 0);
  const silent = devices
    .filter(({ status }) => status === "DORMANT" || status === "DEAD")
    .reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="numbers wide">
      <Figure
        name="Licenses"
        value={count(total)}
        href="/licenses"
        note="all, also those that are over"
      />
      <Figure
        name="Seats in use"
        value={count(seats.assigned)}
        href="/licenses"
        note={
          seats.unlimited || seats.purchased == null
            ? "no limit"
            : `of ${count(seats.purchased)}, ${count(seats.available ?? 0)} free`
        }
      />
      <Figure
        name="Devices and domains"
        value={count(bound)}
        href="/licenses"
        note={
          silent === 0
            ? "all seen within 30 days"
            : `${counted(silent, "device")} silent for 30 days`
        }
      />
      <Figure
        name="Ending or over"
        value={count(data.ending.totalCount)}
        href="/licenses?status=EXPIRING,GRACE,EXPIRED,SUSPENDED"
        note="expiring, in grace, expired, suspended"
      />
    </div>
  );
}

function Quotas({ data }: { data: OverviewQuery }) {
  const { quotas: found, quotaCount } = data.dashboard;
  return (
    <Section name="Quotas" note="What is counted, fullest first.">
      {found.length === 0 ? (
        <Empty>None of your licenses counts usage against a limit.</Empty>
      ) : (
        <ul className="rows">
          {found.map((one) => (
            <li key={one.licenseId + one.feature}>
              <Link href={`/licenses/${one.licenseId}#allows`} className="plain">
                <Usage
                  label={`${one.name} · ${one.productName}`}
                  used={one.usage}
                  limit={one.limit}
                />
                {one.resetsAt && (
                  <span className="quiet">
                    Counts anew {relative(one.resetsAt, data.dashboard.at)}
                  </span>
                )}
              </Link>
            </li>
          ))}
        </ul>
      )}
      {quotaCount > found.length && (
        <p className="note">
          <Link href="/licenses">
            {counted(quotaCount - found.length, "more quota")} on your licenses
          </Link>
        </p>
      )}
    </Section>
  );
}

function Ending({ data }: { data: OverviewQuery }) {
  const { nodes, totalCount } = data.ending;
  return (
    <Section name="Ending or over">
      {nodes.length === 0 ? (
        <Empty>No license ends within 30 days.</Empty>
      ) : (
        <ul className="rows">
          {nodes.map((license) => (
            <li key={license.id} className="row">
              <div>
                <Link href={`/licenses/${license.id}`}>{license.productName}</Link>
                <br />
                {license.keyMasked && <Copyable text={license.keyMasked} label="the masked key" />}
              </div>
              <div className="end">
                <Status of={license.status} />
                <br />
                {license.term?.until ? (
                  <When at={license.term.until} from={data.dashboard.at} />
                ) : (
                  <span className="quiet">no end</span>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      {totalCount > nodes.length && (
        <p className="note">
          <Link href="/licenses?status=EXPIRING,GRACE,EXPIRED,SUSPENDED">
            All {count(totalCount)}
          </Link>
        </p>
      )}
    </Section>
  );
}

function Activity({
  events,
  show,
}: {
  events: Event[];
  show: (what: string) => (done: Done) => void;
}) {
  const undo = useChange(UndoDocument);
  return (
    <Section name="Recent activity" aside={<span className="quiet">live</span>}>
      {events.length === 0 ? (
        <Empty>Whatever you or your vendor change is told here.</Empty>
      ) : (
        <Events
          events={events}
          href={(about) => (about.startsWith("lic_") ? `/licenses/${about}#history` : null)}
          undo={(entryId, licenseId) => undo({ licenseId: licenseId ?? "", entryId })}
          onUndone={show}
        />
      )}
    </Section>
  );
}
