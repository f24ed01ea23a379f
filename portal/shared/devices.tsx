/** What a license is bound to; freeing a slot. */

import type { Done } from "./client";
import { count, counted, day, relative, words } from "./format";
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

/** The devices and domains of a license; without `free` they can only be looked at. */
export function Devices(props: {
  license: {
    productName: string;
    at: string;
    deviceSlots: Slots;
    domainSlots: Slots;
    devices: { totalCount: number; nodes: Bound[] };
  };
  free: ((bound: Bound) => Promise<Done>) | null;
  show: (what: string) => (done: Done) => void;
}) {
  const { license, free, show } = props;
  const { nodes } = license.devices;
  const live = nodes.filter(({ status }) => LIVE.includes(status));
  const ended = nodes.filter(({ status }) => !LIVE.includes(status));
  const slots = [
    { name: "Devices", unit: "devices", ...license.deviceSlots },
    { name: "Domains", unit: "domains", ...license.domainSlots },
  ].filter(({ used, granted }) => granted.unlimited || granted.limit !== "0" || used !== "0");
  if (slots.length === 0 && nodes.length === 0) return null;
  return (
    <Section name="Devices and domains" id="devices">
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
