/** One license: what it allows, who uses it, what happened to it; also as it was on any day. */

import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { Allows } from "../../shared/allows";
import { type Done, useChange, usePage } from "../../shared/client";
import { Devices } from "../../shared/devices";
import { counted, date, day, endOf } from "../../shared/format";
import { LicenseHead } from "../../shared/license-head";
import { Events } from "../../shared/parts";
import { type Member, Seats } from "../../shared/seats";
import { Answered, Empty, Recorded, Section, Title } from "../../shared/ui";
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
import type { Changing, Shown } from "./license/shown";

/** As many as fit the cost that one operation may have, beside everything else on the page. */
const HISTORY_ROWS = 10;
const HISTORY_ROWS_MAX = 16;

/** The page of one license. */
export default function License({ id, history }: { id: string; history: boolean }) {
  const [search, setSearch] = useSearchParams();
  const on = /^\d{4}-\d\d-\d\d$/.test(search.get("on") ?? "") ? search.get("on") : null;
  const [rows, setRows] = useState(HISTORY_ROWS);
  const page = usePage(LicenseDocument, {
    id,
    asOf: on ? { at: endOf(on) } : null,
    history,
    rows,
  });
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => setLast({ done, what });
  const choose = (to: string | null) =>
    setSearch((now) => {
      const next = new URLSearchParams(now);
      if (to) next.set("on", to);
      else next.delete("on");
      return next;
    });
  return (
    <Answered page={page} rows={12}>
      {(data) => {
        const license = data.license;
        if (!license) {
          return (
            <>
              <Title window="License not found">This license is not here</Title>
              <Empty action={<Link href="/licenses">Go to your licenses</Link>}>
                {on
                  ? `It was not there on ${day(endOf(on))}, or is not yours.`
                  : "It is not there, or is not yours."}
                {on && (
                  <button type="button" onClick={() => choose(null)}>
                    Show it as it is now
                  </button>
                )}
              </Empty>
            </>
          );
        }
        const may = data.viewer.member?.role === "ORG_ADMIN" && !on;
        return (
          <>
            <p className="crumbs">
              <Link href="/licenses">Licenses</Link>
            </p>
            <Title
              window={`${license.productName} ${license.externalId ?? ""}`.trim()}
              aside={
                <label className="on">
                  As it was on
                  <input
                    type="date"
                    value={on ?? ""}
                    max={date()}
                    onChange={({ target }) => choose(target.value || null)}
                  />
                </label>
              }
            >
              {license.productName}
            </Title>
            {on && (
              <p className="past" role="status">
                You look at the past: this is how it was at the end of {day(license.at)}. Nothing
                can be changed there.{" "}
                <button type="button" className="small" onClick={() => choose(null)}>
                  Back to now
                </button>
              </p>
            )}
            <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
            <div className="grid">
              <Head license={license} may={may} />
              <div className="column">
                <Allows given={license.entitlements} at={license.at} />
                {license.history && (
                  <div className="late">
                    <History
                      license={license.id}
                      history={license.history}
                      may={may}
                      show={show}
                      more={rows < HISTORY_ROWS_MAX ? () => setRows(HISTORY_ROWS_MAX) : null}
                    />
                  </div>
                )}
              </div>
              <div className="column">
                <Uses
                  license={license}
                  members={data.account?.members.nodes ?? []}
                  may={may}
                  show={show}
                />
              </div>
            </div>
          </>
        );
      }}
    </Answered>
  );
}

function Uses({ license, members, may, show }: Changing & { members: Member[] }) {
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
        empty="Nobody has a seat yet. Whoever you give one to may use this license at once."
        members={members}
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
        retire={may ? (dryRun) => retire({ licenseId, dryRun }) : null}
        show={show}
      />
    </>
  );
}

function Head({ license, may }: { license: Shown; may: boolean }) {
  const reveal = useChange(RevealKeyDocument);
  return (
    <LicenseHead
      license={license}
      source="You bought"
      reveal={may ? () => reveal({ licenseId: license.id }) : null}
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

function History(props: {
  license: string;
  history: NonNullable<Shown["history"]>;
  may: boolean;
  show: Changing["show"];
  more: (() => void) | null;
}) {
  const { nodes, totalCount } = props.history;
  const undo = useChange(UndoDocument);
  const licenseId = props.license;
  return (
    <Section name="History" id="history" note={`${counted(totalCount, "event")}, newest first.`}>
      <Events
        events={nodes}
        undo={props.may ? (entryId) => undo({ licenseId, entryId }) : undefined}
        onUndone={props.show}
      />
      {props.more && totalCount > nodes.length && (
        <button type="button" onClick={props.more}>
          Show more
        </button>
      )}
    </Section>
  );
}
