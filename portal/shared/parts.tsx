/** Parts of pages that are alike wherever they stand. */

import { Link } from "wouter";
import type { Done } from "./client";
import { count, counted, moment, relative, sentence, share, words } from "./format";
import { Confirm, Empty, Section } from "./ui";

/** One number that leads to what it counts. */
export function Figure(props: { name: string; value: string; note: string; href: string }) {
  return (
    <Link className="number card" href={props.href}>
      <span className="name">{props.name}</span>
      <span className="value">{props.value}</span>
      <span className="quiet">{props.note}</span>
    </Link>
  );
}

/** How much of how many; red when nothing is left. */
export function Of(props: { used: string; limit: string | null | undefined }) {
  const part = share(props.used, props.limit);
  const tone =
    part === null ? "" : part >= 1 && props.used !== "0" ? "bad" : part >= 0.8 ? "warn" : "";
  return (
    <span className={`of ${tone}`}>
      {count(props.used)} / {props.limit == null ? "no limit" : count(props.limit)}
    </span>
  );
}

/** How many licenses stand how: each number leads to the list of them. */
export function Statuses(props: {
  total: number;
  byStatus: { status: string; count: number }[];
  href: (status: string) => string;
  empty: string;
}) {
  const some = props.byStatus.filter(({ count }) => count > 0);
  const most = Math.max(...some.map(({ count }) => count), 1);
  return (
    <Section name="Licenses by status" note={`They add up to ${counted(props.total, "license")}.`}>
      {some.length === 0 ? (
        <Empty>{props.empty}</Empty>
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
                  <Link href={props.href(status)}>{words(status)}</Link>
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

/** One recorded fact, as pages ask for it; the rule and what it changed where there is room to tell. */
export interface Event {
  id: string;
  text: string;
  before?: string | null;
  after?: string | null;
  /** What would take it back; null where that cannot be done. */
  undo?: string | null;
  aboutId?: string | null;
  actor: { name: string; program?: string | null };
  onBehalfOf?: { partnerName?: string | null } | null;
  rule?: string;
  recordedAt: string;
  effectiveAt?: string;
  backdated?: boolean;
  position: string;
}

/** Who did it, and through which program. */
function whose({ actor }: Event): string {
  return actor.program ? `${actor.name} via token ${actor.program}` : actor.name;
}

/** What somebody did several times in a row is told once, with how often. */
function runs(events: Event[]): { one: Event; times: number }[] {
  const told: { one: Event; times: number }[] = [];
  for (const one of events) {
    const last = told.at(-1);
    const same = last?.one.text === one.text && whose(last.one) === whose(one);
    if (last && same && !one.rule) last.times += 1;
    else told.push({ one, times: 1 });
  }
  return told;
}

/** Recorded facts in plain words, newest first. */
export function Events(props: {
  events: Event[];
  /** Where a fact leads, by what it is about. */
  href?: (about: string) => string | null;
  /** Takes a fact back; `about` is what it is about. */
  undo?: ((entry: string, about: string | null) => Promise<Done>) | undefined;
  onUndone?: (what: string) => (done: Done) => void;
}) {
  const { undo, onUndone } = props;
  return (
    <ol className="history">
      {runs(props.events).map(({ one, times }) => {
        const to = one.aboutId ? props.href?.(one.aboutId) : null;
        return (
          <li key={one.id}>
            {to ? <Link href={to}>{sentence(one.text)}</Link> : <span>{sentence(one.text)}</span>}
            {(one.before || one.after) && (
              <span className="quiet">
                {one.before ?? "nothing"} → {one.after ?? "nothing"}
              </span>
            )}
            <span className="quiet">
              {whose(one)}
              {one.onBehalfOf && ` of ${one.onBehalfOf.partnerName ?? "a partner"}, on your behalf`}
              {times > 1 && `, ${count(times)} times`} ·{" "}
              <time dateTime={one.recordedAt} title={moment(one.recordedAt)}>
                {one.rule ? moment(one.recordedAt) : relative(one.recordedAt)}
              </time>{" "}
              · #{count(one.position)}
              {one.backdated && one.effectiveAt && ` · true from ${moment(one.effectiveAt)}`}
              {one.rule && ` · rule ${one.rule}`}
            </span>
            {one.undo && undo && onUndone && (
              <Undo what={one} undo={() => undo(one.id, one.aboutId ?? null)} onDone={onUndone} />
            )}
          </li>
        );
      })}
    </ol>
  );
}

/** Takes back what somebody may have done by mistake. It stays in the history, and so does this. */
function Undo(props: {
  what: Event;
  undo: () => Promise<Done>;
  onDone: (what: string) => (done: Done) => void;
}) {
  const act = sentence(props.what.undo ?? "");
  return (
    <Confirm
      button="Undo"
      label={`Undo: ${sentence(props.what.text)}`}
      title={`${act}?`}
      effects={
        <p>
          “{sentence(props.what.text)}” stays in the history, and taking it back is recorded after
          it.
        </p>
      }
      act={act}
      onConfirm={props.undo}
      onDone={props.onDone(`“${sentence(props.what.text)}” is taken back.`)}
    />
  );
}

/** The buttons below a list that has more than one page. */
export function Pages(props: {
  after: string | null;
  info: { hasNextPage: boolean; endCursor?: string | null };
  go: (after: string | null) => void;
}) {
  const next = props.info.hasNextPage ? (props.info.endCursor ?? null) : null;
  if (!props.after && !next) return null;
  return (
    <nav className="pages" aria-label="Pages of the list">
      {props.after && (
        <button type="button" onClick={() => props.go(null)}>
          First page
        </button>
      )}
      {next && (
        <button type="button" onClick={() => props.go(next)}>
          Next page
        </button>
      )}
    </nav>
  );
}

/** Where one is, from the outermost. */
export function Crumbs(props: { to: { href: string; name: string }[] }) {
  return (
    <nav className="crumbs" aria-label="Where you are">
      {props.to.map(({ href, name }, place) => (
        <span key={href}>
          {place > 0 && " / "}
          <Link href={href}>{name}</Link>
        </span>
      ))}
    </nav>
  );
}
