/** What a license is bound to; freeing a slot. */

import { useState } from "react";
import type { Done } from "./client";
import { count, counted, day, relative, statement, words } from "./format";
import { Confirm, Empty, Section, Status, Usage } from "./ui";

/** How many may be bound, and how many are. */
interface Slots {
  used: string;
  granted: { unlimited: boolean; limit?: string | null };
}

/** A device or domain, as pages ask for it. */
export interface Bound {
  id: string;
  kind: string;
  name?: string | null;
  fingerprint?: string | null;
  platform?: string | null;
  version?: string | null;
  firstSeenAt: string;
  lastSeenAt: string;
  status: string;
}

const LIVE = ["ACTIVE", "DORMANT", "DEAD", "SUSPENDED"];

/** After how long a device counts as one that nobody uses any more. */
const SILENT_DAYS = 90;

/** Takes out what was silent for so long, or only names it. */
type Retire = (asked: { silentDays: number; dryRun: boolean }) => Promise<Done<Retired>>;

/** What was silent for long, as the service names it. */
export interface Retired {
  devicesRetireDormant?: {
    retired?: { devices: { id: string; name?: string | null; lastSeenAt: string }[] } | null;
  } | null;
}

/** The devices and domains of a license; without `free` they can only be looked at. */
export function Devices(props: {
  license: {
    productName: string;
    at: string;
    deviceSlots: Slots;
    domainSlots: Slots;
    devices: { totalCount: number; nodes: Bound[] };
    /** Those that were silent for 30 days, whether they are among the rows or not. */
    silent: { totalCount: number };
  };
  free: ((bound: Bound) => Promise<Done>) | null;
  retire: Retire | null;
  show: (what: string) => (done: Done) => void;
}) {
  const { license, free, retire, show } = props;
  const { nodes } = license.devices;
  const live = nodes.filter(({ status }) => LIVE.includes(status));
  const ended = nodes.filter(({ status }) => !LIVE.includes(status));
  const slots = [
    { name: "Devices", unit: "device", ...license.deviceSlots },
    { name: "Domains", unit: "domain", ...license.domainSlots },
  ].filter(({ used, granted }) => granted.unlimited || granted.limit !== "0" || used !== "0");
  if (slots.length === 0 && nodes.length === 0) return null;
  return (
    <Section
      name="Devices and domains"
      id="devices"
      aside={
        retire &&
        license.silent.totalCount > 0 && (
          <RetireSilent retire={retire} show={show} at={license.at} />
        )
      }
    >
      {slots.map((one) => (
        <Usage
          key={one.name}
          label={one.name}
          used={one.used}
          limit={one.granted.limit}
          unlimited={one.granted.unlimited}
          unit={one.unit}
        />
      ))}
      {live.length === 0 ? (
        <Empty>
          Nothing is activated. A device shows here as soon as the software on it is activated.
        </Empty>
      ) : (
        <ul className="rows">
          {live.map((one) => {
            const name = one.name ?? one.fingerprint ?? "A device";
            const isDomain = one.kind === "DOMAIN";
            return (
              <li key={one.id} className="row">
                <div>
                  {name} <Status of={one.status} />
                  <br />
                  <span className="quiet">
                    {[words(one.kind), one.platform, one.version && `version ${one.version}`]
                      .filter(Boolean)
                      .join(" · ")}
                    {" · "}last seen {relative(one.lastSeenAt, license.at)}
                  </span>
                </div>
                {free && (
                  <Confirm
                    button="Deactivate"
                    label={`Deactivate ${name}`}
                    title={`Deactivate ${name}?`}
                    danger
                    effects={
                      <p>
                        {license.productName} stops working on {name} at its next check. The{" "}
                        {isDomain ? "domain" : "device"} slot is free at once. It can be activated
                        again while a slot is free.
                      </p>
                    }
                    act="Deactivate"
                    onConfirm={() => free(one)}
                    onDone={show(`${name} is deactivated, its slot is free.`)}
                  />
                )}
              </li>
            );
          })}
        </ul>
      )}
      {license.devices.totalCount > nodes.length && (
        <p className="note">
          {count(license.devices.totalCount - nodes.length)} more are not shown.
        </p>
      )}
      {ended.length > 0 && (
        <details>
          <summary>{counted(ended.length, "earlier activation")}</summary>
          <ul className="rows">
            {ended.map((one) => (
              <li key={one.id}>
                {one.name ?? one.fingerprint} <Status of={one.status} />
                <br />
                <span className="quiet">
                  {day(one.firstSeenAt)} – {day(one.lastSeenAt)}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

/** Takes out what nobody uses any more: which devices, is asked and shown before it is done. */
function RetireSilent(props: {
  retire: Retire;
  show: (what: string) => (done: Done) => void;
  at: string;
}) {
  const [found, setFound] = useState<Done<Retired> | null>(null);
  const retire = (dryRun: boolean) => props.retire({ silentDays: SILENT_DAYS, dryRun });
  const named = (done: Done<Retired> | null) =>
    done?.ok ? (done.data.devicesRetireDormant?.retired?.devices ?? []) : [];
  const devices = named(found);
  return (
    <Confirm
      button="Retire silent devices"
      title={`Retire devices that were silent for ${SILENT_DAYS} days?`}
      danger
      onOpen={() => {
        setFound(null);
        retire(true).then(setFound);
      }}
      effects={
        !found ? (
          <p role="status">Looking for them…</p>
        ) : !found.ok ? (
          <p className="refused">{statement(found.message)}</p>
        ) : devices.length === 0 ? (
          <p>None was silent for that long. There is nothing to retire.</p>
        ) : (
          <>
            <p>
              {devices.length === 1
                ? "This device is retired. Its slot is free at once."
                : `These ${count(devices.length)} devices are retired together. Their slots are free at once.`}{" "}
              A retired device that comes back is told so and can be activated again while a slot is
              free.
            </p>
            <ul>
              {devices.map((one) => (
                <li key={one.id}>
                  {one.name ?? "A device"}{" "}
                  <span className="quiet">last seen {relative(one.lastSeenAt, props.at)}</span>
                </li>
              ))}
            </ul>
          </>
        )
      }
      act={found && devices.length === 0 ? null : "Retire them"}
      ready={devices.length > 0}
      onConfirm={() => retire(false)}
      onDone={(done) =>
        props.show(`${counted(named(done).length, "device")} retired, the slots are free.`)(done)
      }
    />
  );
}
