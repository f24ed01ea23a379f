/** One license: what it allows, who uses it, what happened to it, and what you may do; also as it was on any day. */

import { useState } from "react";
import { Link } from "wouter";
import { Allows } from "../../shared/allows";
import type { Search } from "../../shared/choice";
import { type Done, useChange, usePage } from "../../shared/client";
import { Devices } from "../../shared/devices";
import { day } from "../../shared/format";
import { AsOn, LicenseHistory, Past, type Time, useTime } from "../../shared/license-history";
import { Crumbs } from "../../shared/parts";
import { Seats } from "../../shared/seats";
import { Answered, Empty, Recorded, Title } from "../../shared/ui";
import {
  DeviceDeactivateDocument,
  DevicesRetireDocument,
  DomainDeactivateDocument,
  LicenseDocument,
  SeatAssignDocument,
  SeatUnassignDocument,
  UndoDocument,
} from "../operations.generated";
import { Acts } from "./license/acts";
import { Head } from "./license/head";
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
          <Found
            license={data.license}
            time={time}
            may={data.viewer.role === "OPERATOR" && !past}
            search={{ text: person, find }}
          />
        ) : (
          <>
            <Title window="License not found">This license is not here</Title>
            <Empty
              action={
                asOf ? (
                  <button type="button" onClick={() => time.choose(null)}>
                    Show it as it is now
                  </button>
                ) : (
                  <Link href="/licenses">Go to the licenses</Link>
                )
              }
            >
              {asOf ? `It was not there on ${day(asOf.at)}.` : "No license has this id."}
            </Empty>
          </>
        )
      }
    </Answered>
  );
}

function Found(props: { license: Shown; time: Time; may: boolean; search: Search }) {
  const { license, time, may } = props;
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => setLast({ done, what });
  const undo = useChange(UndoDocument);
  const account = license.accountName ?? "Name was erased";
  return (
    <>
      <Crumbs
        to={[
          { href: "/licenses", name: "Licenses" },
          { href: `/customers/${license.accountId}`, name: account },
        ]}
      />
      <Title
        window={`${license.productName} ${license.externalId ?? ""} · ${account}`}
        aside={<AsOn time={time} />}
      >
        {license.source?.name ?? license.productName}
      </Title>
      <Past time={time} at={license.at} />
      <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
      <div className="grid">
        <Head license={license} may={may} />
        {may && <Acts license={license} show={show} />}
        <div className="wide">
          <Allows given={license.entitlements} at={license.at} />
        </div>
        <div className="column">
          <Uses license={license} may={may} search={props.search} show={show} />
        </div>
        <div className="column">
          {license.history && (
            <LicenseHistory
              history={license.history}
              time={time}
              undo={may ? (entryId) => undo({ licenseId: license.id, entryId }) : null}
              show={show}
            />
          )}
        </div>
      </div>
    </>
  );
}

function Uses({ license, may, search, show }: Changing & { search: Search }) {
  const assign = useChange(SeatAssignDocument);
  const unassign = useChange(SeatUnassignDocument);
  const device = useChange(DeviceDeactivateDocument);
  const domain = useChange(DomainDeactivateDocument);
  const retire = useChange(DevicesRetireDocument);
  const licenseId = license.id;
  return (
    <>
      <Seats
        license={license}
        empty="Nobody has a seat yet. The customer’s admin gives them out, and so can you."
        search={search}
        give={may ? ({ id }) => assign({ licenseId, memberId: id }) : null}
        take={may ? ({ memberId }) => unassign({ licenseId, memberId }) : null}
        show={show}
      />
      <Devices
        license={license}
        free={
          may
            ? ({ id, kind }) => (kind === "DOMAIN" ? domain : device)({ licenseId, deviceId: id })
            : null
        }
        retire={may ? (asked) => retire({ licenseId, ...asked }) : null}
        show={show}
      />
    </>
  );
}
