/** One license: what it allows, who uses it, what happened to it; also as it was on any day. */

import { useState } from "react";
import { Link } from "wouter";
import { Allows } from "../../shared/allows";
import type { Search } from "../../shared/choice";
import { type Done, useChange, usePage } from "../../shared/client";
import { Devices } from "../../shared/devices";
import { day } from "../../shared/format";
import { LicenseHead } from "../../shared/license-head";
import { AsOn, LicenseHistory, Past, type Time, useTime } from "../../shared/license-history";
import { Seats } from "../../shared/seats";
import { Answered, Empty, Recorded, Title } from "../../shared/ui";
import {
  DeviceDeactivateDocument,
  DevicesRetireDocument,
  DomainDeactivateDocument,
  LicenseDocument,
  RevealKeyDocument,
  SeatAssignDocument,
  SeatUnassignDocument,
  UndoDocument,
} from "../operations.generated";
import { Allocations } from "./license/allocations";
import { LookingAfter } from "./license/looking-after";
import type { Changing, Shown } from "./license/shown";

/** The page of one license. */
export default function License({ id }: { id: string }) {
  const time = useTime();
  const { asOf, after } = time;
  const [person, find] = useState("");
  const page = usePage(LicenseDocument, { id, asOf, after, person });
  // An answer about the past stays until the one about now is there.
  const past = time.on !== null || page.answered?.asOf != null;
  return (
    <Answered page={page} rows={12}>
      {(data) =>
        data.license ? (
          <Found license={data.license} time={time} past={past} search={{ text: person, find }} />
        ) : (
          <>
            <Title window="License not found">This license is not here</Title>
            <Empty action={<Link href="/licenses">Go to your licenses</Link>}>
              {asOf
                ? `It was not there on ${day(asOf.at)}, or is not yours.`
                : "It is not there, or is not yours."}
              {asOf && (
                <button type="button" onClick={() => time.choose(null)}>
                  Show it as it is now
                </button>
              )}
            </Empty>
          </>
        )
      }
    </Answered>
  );
}

function Found(props: { license: Shown; time: Time; past: boolean; search: Search }) {
  const { license, time } = props;
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => setLast({ done, what });
  const undo = useChange(UndoDocument);
  // Nothing can be changed in the past.
  const rights = props.past ? [] : license.may;
  return (
    <>
      <p className="crumbs">
        <Link href="/licenses">Licenses</Link>
      </p>
      <Title
        window={`${license.productName} ${license.externalId ?? ""}`.trim()}
        aside={<AsOn time={time} />}
      >
        {license.productName}
      </Title>
      <Past time={time} at={license.at} />
      <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
      <div className="grid">
        <Head license={license} rights={rights} />
        <div className="wide">
          <Allows given={license.entitlements} at={license.at} />
        </div>
        <div className="column">
          <Uses license={license} rights={rights} search={props.search} show={show} />
          <Allocations license={license} rights={rights} show={show} />
          {rights.includes("SEE_WHOLE_LICENSE") && (
            <LookingAfter license={license} rights={rights} show={show} />
          )}
        </div>
        <div className="column">
          {license.history && (
            <LicenseHistory
              history={license.history}
              time={time}
              undo={!props.past ? (entryId) => undo({ licenseId: license.id, entryId }) : null}
              show={show}
            />
          )}
        </div>
      </div>
    </>
  );
}

function Uses({ license, rights, search, show }: Changing & { search: Search }) {
  const assign = useChange(SeatAssignDocument);
  const unassign = useChange(SeatUnassignDocument);
  const device = useChange(DeviceDeactivateDocument);
  const domain = useChange(DomainDeactivateDocument);
  const retire = useChange(DevicesRetireDocument);
  const licenseId = license.id;
  const seats = rights.includes("MANAGE_SEATS");
  // Who does not see everybody's devices sees the own ones.
  const own = rights.includes("USE_DEVICES") && !rights.includes("SEE_WHOLE_LICENSE");
  const frees = rights.includes("MANAGE_DEVICES") || own;
  return (
    <>
      <Seats
        license={license}
        empty="Nobody has a seat yet. Whoever you give one to may use this license at once."
        search={search}
        give={seats ? ({ id }) => assign({ licenseId, memberId: id }) : null}
        take={seats ? ({ memberId }) => unassign({ licenseId, memberId }) : null}
        show={show}
      />
      <Devices
        license={license}
        free={
          frees
            ? ({ id, kind }) => (kind === "DOMAIN" ? domain : device)({ licenseId, deviceId: id })
            : null
        }
        retire={
          rights.includes("MANAGE_DEVICES") ? (asked) => retire({ licenseId, ...asked }) : null
        }
        show={show}
      />
    </>
  );
}

function Head({ license, rights }: Omit<Changing, "show">) {
  const reveal = useChange(RevealKeyDocument);
  return (
    <LicenseHead
      license={license}
      source="You bought"
      reveal={rights.includes("REVEAL_KEY") ? () => reveal({ licenseId: license.id }) : null}
      below={
        <p>
          <Link className="button" href={`/diagnose?license=${license.id}`}>
            Why doesn’t it work?
          </Link>
        </p>
      }
    />
  );
}
