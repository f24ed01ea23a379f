/** Everything at a glance, and what to do about it. */

import { Link } from "wouter";
import { usePage } from "../../shared/client";
import { count, counted, relative, words } from "../../shared/format";
import { Answered, Copyable, Empty, Section, Status, Title, Usage, When } from "../../shared/ui";
import { quotas, reasons, verdict } from "../health";
import { OverviewDocument, type OverviewQuery } from "../operations.generated";

/** How many quotas are shown before one is sent to the licenses. */
const QUOTAS_SHOWN = 6;

/** The first page. */
export default function Overview() {
  const page = usePage(OverviewDocument, {});
  return (
    <>
      <Title window="Overview">Overview</Title>
      <Answered page={page} rows={10}>
        {(data) => (
          <div className="grid">
            <Health data={data} />
            <Numbers data={data} />
            <Statuses data={data} />
            <Quotas data={data} />
            <Ending data={data} />
            <Activity data={data} />
          </div>
        )}
      </Answered>
    </>
  );
}

function Health({ data }: { data: OverviewQuery }) {
  const found = reasons(data);
  const { level, text } = verdict(found);
  return (
    <section className={`card wide health ${level}`} aria-labelledby="health">
      <h2 id="health">{text}</h2>
      {found.length === 0 ? (
        <p>Nothing expires soon, nothing is used up, nothing is stopped.</p>
      ) : (
        <ul>
          {found.map((reason) => (
            <li key={reason.text} className={reason.level}>
              <Link href={reason.href}>{reason.text}</Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
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

function Figure(props: { name: string; value: string; note: string; href: string }) {
  return (
    <Link className="number card" href={props.href}>
      <span className="name">{props.name}</span>
      <span className="value">{props.value}</span>
      <span className="quiet">{props.note}</span>
    </Link>
  );
}

function Statuses({ data }: { data: OverviewQuery }) {
  const { total, byStatus } = data.dashboard;
  const some = byStatus.filter(({ count }) => count > 0);
  const most = Math.max(...some.map(({ count }) => count), 1);
  return (
    <Section name="Licenses by status" note={`They add up to ${counted(total, "license")}.`}>
      {some.length === 0 ? (
        <Empty>Licenses show here as soon as your vendor issues one to you.</Empty>
      ) : (
        <table className="chart">
          <thead className="hidden">
            <tr>
              <th scope="col">Status</th>
              <th scope="col">Licenses</th>
            </tr>
          </thead>
          <tbody>
            {some.map(({ status, count: licenses }) => (
              <tr key={status}>
                <th scope="row">
                  <Link href={`/licenses?status=${status}`}>{words(status)}</Link>
                </th>
                <td>
                  <svg className="bar" height="10" aria-hidden="true">
                    <rect
                      className="fill"
                      width={`${(licenses / most) * 100}%`}
                      height="10"
                      rx="3"
                    />
                  </svg>
                  <span>{count(licenses)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function Quotas({ data }: { data: OverviewQuery }) {
  const found = quotas(data);
  return (
    <Section name="Quotas" note="What is counted, fullest first.">
      {found.length === 0 ? (
        <Empty>None of your licenses counts usage against a limit.</Empty>
      ) : (
        <ul className="rows">
          {found.slice(0, QUOTAS_SHOWN).map((one) => (
            <li key={one.license + one.feature}>
              <Link href={`/licenses/${one.license}#allows`} className="plain">
                <Usage label={`${one.name} · ${one.product}`} used={one.used} limit={one.limit} />
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
      {found.length > QUOTAS_SHOWN && (
        <p className="note">
          <Link href="/licenses">
            {counted(found.length - QUOTAS_SHOWN, "more quota")} on your licenses
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

function Activity({ data }: { data: OverviewQuery }) {
  return (
    <Section name="Recent activity" aside={<span className="quiet">live</span>}>
      {data.history.nodes.length === 0 ? (
        <Empty>Whatever you or your vendor change is told here.</Empty>
      ) : (
        <ol className="history">
          {data.history.nodes.map((one) => (
            <li key={one.id}>
              {one.aboutId?.startsWith("lic_") ? (
                <Link href={`/licenses/${one.aboutId}#history`}>{one.text}</Link>
              ) : (
                <span>{one.text}</span>
              )}
              <span className="quiet">
                {one.actor.name} · {relative(one.recordedAt)} · #{count(one.position)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
