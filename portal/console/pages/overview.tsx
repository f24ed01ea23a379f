/** How the ledger is, how all licenses stand, and what just happened. */

import { useEffect } from "react";
import { Link } from "wouter";
import { usePage } from "../../shared/client";
import { count, counted, relative, words } from "../../shared/format";
import { Events, Figure, Statuses } from "../../shared/parts";
import { Answered, Empty, Section, Status, Title, When } from "../../shared/ui";
import { leads } from "../leads";
import { OverviewDocument, type OverviewQuery } from "../operations.generated";

/** A ledger that has stopped tells of no change, so the page looks for itself now and then. */
const LOOK_EVERY_MS = 15_000;
/** How many of the licenses that end soon are shown here. */
const ENDING_SHOWN = 8;

/** The first page. */
export default function Overview() {
  const page = usePage(OverviewDocument, {});
  const { retry } = page;
  useEffect(() => {
    const timer = setInterval(retry, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [retry]);
  return (
    <>
      <Title window="Overview">Overview</Title>
      <Answered page={page} rows={10}>
        {(data) => (
          <div className="grid">
            <Ledger ledger={data.ledger} />
            <Numbers data={data} />
            <div className="column">
              <Statuses
                {...data.dashboard}
                href={(status) => `/licenses?status=${status}`}
                empty="Licenses show here as soon as the first one is issued."
              />
              <Ending data={data} />
            </div>
            <div className="column">
              <Activity data={data} />
            </div>
          </div>
        )}
      </Answered>
    </>
  );
}

function place(position: string | null | undefined): string {
  return position == null ? "nothing yet" : `#${count(position)}`;
}

/** What to say of the ledger first. */
function verdict({ healthy, durable, position, lag, signingFailure }: OverviewQuery["ledger"]) {
  if (!healthy) {
    return {
      level: "bad",
      title: "Answers have stopped following the ledger",
      text: `Everything up to ${place(durable)} is kept safely, but answers know it only up to ${place(position)}. Ask whoever runs the service to look at its log.`,
    };
  }
  if (signingFailure) {
    return {
      level: "warn",
      title: "The ledger is well, and its newest part is not signed",
      text: `Everything up to ${place(durable)} is kept safely. The last try to sign it failed: ${signingFailure}. It is tried again.`,
    };
  }
  if (lag !== "0") {
    return {
      level: "warn",
      title: "Answers are catching up",
      text: `Everything up to ${place(durable)} is kept safely; answers know it up to ${place(position)}.`,
    };
  }
  return {
    level: "good",
    title: "The ledger is well",
    text: `Everything up to ${place(durable)} is kept safely and known to every answer.`,
  };
}

/** When something was, so many seconds ago. */
function signedAt(ageSeconds: string): string {
  return new Date(Date.now() - Number(ageSeconds) * 1000).toISOString();
}

function Ledger({ ledger }: { ledger: OverviewQuery["ledger"] }) {
  const { level, title, text } = verdict(ledger);
  return (
    <section className={`card wide health ${level}`} aria-labelledby="ledger">
      <h2 id="ledger">{title}</h2>
      <p>{text}</p>
      <details>
        <summary>More about this ledger</summary>
        <dl className="facts">
          <div>
            <dt>Its own id</dt>
            <dd>
              <code>{ledger.id}</code>
            </dd>
          </div>
          <div>
            <dt>Kept in</dt>
            <dd>{words(ledger.backend)} storage</dd>
          </div>
          <div>
            <dt>Answers</dt>
            <dd>
              {ledger.lag === "0"
                ? "not behind"
                : `${counted(ledger.lag, "event")} behind, at ${place(ledger.position)}`}
            </dd>
          </div>
          <div>
            <dt>Last checkpoint</dt>
            <dd>
              {ledger.checkpoint ? (
                <>
                  the first {counted(ledger.checkpoint.events, "event")}
                  {ledger.checkpoint.ageSeconds != null && (
                    <span className="quiet">
                      {", "}
                      signed {relative(signedAt(ledger.checkpoint.ageSeconds))}
                    </span>
                  )}
                  <br />
                  <code>{ledger.checkpoint.root}</code>
                </>
              ) : (
                "nothing was signed yet"
              )}
            </dd>
          </div>
        </dl>
        <p className="note">
          Each view of the ledger has a fingerprint. Two copies with the same events have the same
          fingerprints.
        </p>
        <table className="table cards">
          <thead>
            <tr>
              <th scope="col">View</th>
              <th scope="col" className="figure">
                Rows
              </th>
              <th scope="col">Fingerprint</th>
            </tr>
          </thead>
          <tbody>
            {ledger.digests.map(({ view, rows, digest }) => (
              <tr key={view}>
                <th scope="row">{words(view.replace("@", ", version "))}</th>
                <td data-name="Rows" className="figure">
                  {count(rows)}
                </td>
                <td data-name="Fingerprint">
                  <code>{digest}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

function Numbers({ data }: { data: OverviewQuery }) {
  const { total, byStatus } = data.dashboard;
  const of = (...statuses: string[]) =>
    byStatus
      .filter(({ status }) => statuses.includes(status))
      .reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="numbers wide">
      <Figure
        name="Accounts"
        value={count(data.accounts.totalCount)}
        href="/customers"
        note="customers and their sub-accounts"
      />
      <Figure
        name="Licenses"
        value={count(total)}
        href="/licenses"
        note="all, also those that are over"
      />
      <Figure
        name="End soon"
        value={count(of("EXPIRING", "GRACE"))}
        href="/licenses?status=EXPIRING,GRACE"
        note="within 30 days, or in grace"
      />
      <Figure
        name="Do not work"
        value={count(of("EXPIRED", "SUSPENDED"))}
        href="/licenses?status=EXPIRED,SUSPENDED"
        note="expired or suspended"
      />
    </div>
  );
}

function Ending({ data }: { data: OverviewQuery }) {
  const { nodes, totalCount } = data.ending;
  const soonest = nodes.toSorted((a, b) =>
    (a.term?.until ?? "").localeCompare(b.term?.until ?? ""),
  );
  const shown = soonest.slice(0, ENDING_SHOWN);
  const all = totalCount === nodes.length;
  return (
    <Section
      name="Ends soon"
      note={
        all
          ? "The soonest first."
          : `The soonest of ${count(nodes.length)} that were looked at; there are more.`
      }
    >
      {shown.length === 0 ? (
        <Empty>No license ends within 30 days.</Empty>
      ) : (
        <ul className="rows">
          {shown.map((license) => (
            <li key={license.id} className="row">
              <div>
                <Link href={`/licenses/${license.id}`}>{license.productName}</Link>
                <br />
                <Link className="quiet" href={`/customers/${license.accountId}`}>
                  {license.accountName ?? "An account that was erased"}
                </Link>
              </div>
              <div className="end">
                <Status of={license.status} />
                <br />
                {license.term?.until && <When at={license.term.until} from={data.dashboard.at} />}
              </div>
            </li>
          ))}
        </ul>
      )}
      {totalCount > shown.length && (
        <p className="note">
          <Link href="/licenses?status=EXPIRING,GRACE">All {count(totalCount)}</Link>
        </p>
      )}
    </Section>
  );
}

function Activity({ data }: { data: OverviewQuery }) {
  return (
    <Section name="Recent activity" aside={<span className="quiet">live</span>}>
      {data.history.nodes.length === 0 ? (
        <Empty>Whatever is recorded is told here.</Empty>
      ) : (
        <Events events={data.history.nodes} href={leads} />
      )}
    </Section>
  );
}
