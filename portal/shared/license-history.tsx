/** A license over time: what happened to it, and how it was on a day. Both are said in the address. */

import { useAddress } from "./address";
import type { Done } from "./client";
import { counted, date, day, endOf, isDate } from "./format";
import { type Event, Events, Pages } from "./parts";
import { Section } from "./ui";

/** The day that is looked at, null for now; and which page of the history. Today is not over yet: it is now. */
export function useTime() {
  const { search, say } = useAddress();
  const said = search.get("on") ?? "";
  const on = isDate(said) && said < date() ? said : null;
  return {
    on,
    asOf: on ? { at: endOf(on) } : null,
    after: search.get("history"),
    choose: (day: string | null) => say({ on: day, history: null }, { back: true }),
    go: (after: string | null) => say({ history: after }, { back: true }),
  };
}

export type Time = ReturnType<typeof useTime>;

/** The field for the day. */
export function AsOn({ time }: { time: Time }) {
  return (
    <label className="on">
      As it was on
      <input
        type="date"
        value={time.on ?? ""}
        max={date()}
        onChange={({ target }) => time.choose(target.value || null)}
      />
    </label>
  );
}

/** That one looks at the past, and the way back. */
export function Past({ time, at }: { time: Time; at: string }) {
  if (!time.on) return null;
  return (
    <p className="past" role="status">
      You look at the past: this is how it was at the end of {day(at)}. Nothing can be changed
      there.{" "}
      <button type="button" className="small" onClick={() => time.choose(null)}>
        Back to now
      </button>
    </p>
  );
}

/** What happened, page by page; without `undo` nothing can be taken back. */
export function LicenseHistory(props: {
  history: {
    totalCount: number;
    nodes: Event[];
    pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  };
  time: Time;
  undo: ((entry: string) => Promise<Done>) | null;
  show: (what: string) => (done: Done) => void;
}) {
  const { history, time } = props;
  return (
    <Section
      name="History"
      id="history"
      note={`${counted(history.totalCount, "event")}, newest first.`}
    >
      <Events events={history.nodes} undo={props.undo ?? undefined} onUndone={props.show} />
      <Pages after={time.after} info={history.pageInfo} go={time.go} />
    </Section>
  );
}
