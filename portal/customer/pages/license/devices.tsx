/** What a license is bound to; freeing a slot. */

import { useChange } from "../../../shared/client";
import { counted, day, relative, words } from "../../../shared/format";
import { Confirm, Empty, Section, Status, Usage } from "../../../shared/ui";
import { DeviceDeactivateDocument, DomainDeactivateDocument } from "../../operations.generated";
import type { Changing } from "./shown";

const LIVE = ["ACTIVE", "DORMANT", "DEAD", "SUSPENDED"];

/** The devices and domains of a license. */
export function Devices({ license, may, show }: Changing) {
  const device = useChange(DeviceDeactivateDocument);
  const domain = useChange(DomainDeactivateDocument);
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
                {may && (
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
                    onConfirm={() =>
                      isDomain
                        ? domain({ licenseId: license.id, deviceId: one.id })
                        : device({ licenseId: license.id, deviceId: one.id })
                    }
                    onDone={show(`${name} is deactivated, its slot is free.`)}
                  />
                )}
              </li>
            );
          })}
        </ul>
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
