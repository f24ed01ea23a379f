/** What one wants to be told, how and when. */

import { useState } from "react";
import { type Done, useChange } from "../../shared/client";
import { zone } from "../../shared/format";
import { Section } from "../../shared/ui";
import { type AccountQuery, NotificationChoicesSetDocument } from "../operations.generated";

type Choices = AccountQuery["viewer"]["notificationChoices"];
type Topic = Choices["topics"][number];
type Way = "MAIL" | "PORTAL";

/** When quiet hours are, as long as nobody said when. */
const NIGHT = { fromMinute: 22 * 60, untilMinute: 7 * 60 };

/** The part of the page. */
export function NotificationChoices(props: {
  chosen: Choices;
  show: (what: string) => (done: Done) => void;
}) {
  const set = useChange(NotificationChoicesSetDocument);
  return (
    <Section
      name="What you are told"
      id="notifications"
      note="What concerns your security is always told, at once and at every hour."
    >
      <Form
        chosen={props.chosen}
        save={async (choices) => props.show("What you are told is saved.")(await set(choices))}
      />
    </Section>
  );
}

interface Saved {
  muted: { topic: Topic["topic"]; channel: Way }[];
  rhythm: Choices["rhythm"];
  quietHours: { fromMinute: number; untilMinute: number } | null;
}

function Form({ chosen, save }: { chosen: Choices; save: (choices: Saved) => Promise<void> }) {
  const [topics, setTopics] = useState(chosen.topics);
  const [rhythm, setRhythm] = useState(chosen.rhythm);
  const [quiet, setQuiet] = useState(chosen.quietHours ?? null);
  // Only what the service knows: what was answered holds the name of its type too.
  const quietHours = quiet && { fromMinute: quiet.fromMinute, untilMinute: quiet.untilMinute };
  const [busy, setBusy] = useState(false);
  const turn = (topic: Topic, way: "mail" | "portal") =>
    setTopics(topics.map((one) => (one === topic ? { ...one, [way]: !one[way] } : one)));
  const muted = topics.flatMap(({ topic, mail, portal }) => [
    ...(mail ? [] : [{ topic, channel: "MAIL" as const }]),
    ...(portal ? [] : [{ topic, channel: "PORTAL" as const }]),
  ]);
  return (
    <form
      className="stack"
      onSubmit={async (event) => {
        event.preventDefault();
        setBusy(true);
        await save({ muted, rhythm, quietHours });
        setBusy(false);
      }}
    >
      <table className="table choices">
        <thead>
          <tr>
            <th scope="col">About</th>
            <th scope="col">Mail</th>
            <th scope="col">Here</th>
          </tr>
        </thead>
        <tbody>
          {topics.map((one) => (
            <tr key={one.topic}>
              <th scope="row">{one.title}</th>
              {one.always ? (
                <td colSpan={2} className="quiet">
                  Always
                </td>
              ) : (
                <>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`${one.title}, by mail`}
                      checked={one.mail}
                      onChange={() => turn(one, "mail")}
                    />
                  </td>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`${one.title}, here in the portal`}
                      checked={one.portal}
                      onChange={() => turn(one, "portal")}
                    />
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <label>
        Mails come
        <select
          value={rhythm}
          onChange={({ target }) => setRhythm(target.value as Choices["rhythm"])}
        >
          <option value="AT_ONCE">each at once</option>
          <option value="DAILY">once a day, in the morning</option>
        </select>
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={quiet !== null}
          onChange={() => setQuiet(quiet ? null : NIGHT)}
        />
        No mails at certain hours
      </label>
      {quiet && (
        <div className="fields">
          <label>
            From
            <input
              type="time"
              required
              value={clock(quiet.fromMinute)}
              onChange={({ target }) =>
                setQuiet({ ...quiet, fromMinute: minute(target.value, quiet.fromMinute) })
              }
            />
          </label>
          <label>
            Until
            <input
              type="time"
              required
              value={clock(quiet.untilMinute)}
              onChange={({ target }) =>
                setQuiet({ ...quiet, untilMinute: minute(target.value, quiet.untilMinute) })
              }
            />
          </label>
        </div>
      )}
      <p className="quiet">
        By the time zone that you chose beside your name, else by UTC; this browser shows {zone()}.
      </p>
      <div>
        <button type="submit" disabled={busy}>
          Save what you are told
        </button>
      </div>
    </form>
  );
}

/** A minute of the day as a clock shows it. */
function clock(at: number): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${two(Math.floor(at / 60))}:${two(at % 60)}`;
}

/** The minute of the day that a clock shows; what was before, where it shows none. */
function minute(shown: string, before: number): number {
  const [hours, minutes] = shown.split(":").map(Number);
  return hours === undefined || minutes === undefined || Number.isNaN(hours + minutes)
    ? before
    : hours * 60 + minutes;
}
