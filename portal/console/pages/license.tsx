/** One license: what it allows, who uses it, what happened to it, and what you may do; also as it was on any day. */

import { useState } from "react";
import { Link } from "wouter";
import { useAddress } from "../../shared/address";
import { Allows } from "../../shared/allows";
import { type Done, useChange, usePage } from "../../shared/client";
import { Devices } from "../../shared/devices";
import { counted, date, day, endOf } from "../../shared/format";
import { Crumbs, Events } from "../../shared/parts";
import { Seats } from "../../shared/seats";
import { Answered, Empty, Recorded, Section, Title } from "../../shared/ui";
import {
  DeviceDeactivateDocument,
  DevicesRetireDocument,
  DomainDeactivateDocument,
  LicenseDocument,
  type LicenseQuery,
  SeatAssignDocument,
  SeatUnassignDocument,
  UndoDocument,
} from "../operations.generated";
import { Acts } from "./license/acts";
import { Head } from "./license/head";
import type { Changing, Shown } from "./license/shown";

/** As many as fit the cost that one operation may have, beside everything else on the page. */
const HISTORY_ROWS = 10;
const HISTORY_ROWS_MAX = 20;

/** The page of one license. */
export default function License({ id }: { id: string }) {
  const { search, say } = useAddress();
  const on = /^\d{4}-\d\d-\d\d$/.test(search.get("on") ?? "") ? search.get("on") : null;
  const [rows, setRows] = useState(HISTORY_ROWS);
  const page = usePage(LicenseDocument, {
    id,
    asOf: on ? { at: endOf(on) } : null,
    history: rows,
  });
  const choose = (to: string | null) => say({ on: to }, { back: true });
  return (
    <Answered page={page} rows={12}>
      {(data) =>
        data.license ? (
          <Found
            data={data}
            license={data.license}
            on={on}
            current={!page.waiting}
            choose={choose}
            more={rows < HISTORY_ROWS_MAX ? () => setRows(HISTORY_ROWS_MAX) : null}
          />
        ) : (
          <>
            <Title window="License not found">This license is not here</Title>
            <Empty
              action={
                on ? (
                  <button type="button" onClick={() => choose(null)}>
                    Show it as it is now
                  </button>
                ) : (
                  <Link href="/licenses">Go to the licenses</Link>
                )
              }
            >
              {on ? `It was not there on ${day(endOf(on))}.` : "No license has this id."}
            </Empty>
          </>
        )
      }
    </Answered>
  );
}

function Found(props: {
  data: LicenseQuery;
  license: Shown;
  on: string | null;
  /** False while the answer about another day is on its way. */
  current: boolean;
  choose: (to: string | null) => void;
  more: (() => void) | null;
}) {
  const { license, on, choose } = props;
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => {
    setLast({ done, what });
    window.scrollTo(0, 0);
  };
  const may = props.data.viewer.role === "OPERATOR" && !on && props.current;
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
        {license.source?.name ?? license.productName}
      </Title>
      {on && (
        <p className="past" role="status">
          You look at the past: this is how it was at the end of {day(license.at)}. Nothing can be
          changed there.{" "}
          <button type="button" className="small" onClick={() => choose(null)}>
            Back to now
          </button>
        </p>
      )}
      <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
      <div className="grid">
        <Head license={license} may={may} />
        {may && <Acts license={license} show={show} />}
        <div className="wide">
          <Allows given={license.entitlements} at={license.at} />
        </div>
        <div className="column">
          <Uses license={license} may={may} show={show} />
        </div>
        <div className="column">
          <History license={license} may={may} show={show} more={props.more} />
        </div>
      </div>
    </>
  );
}

function Uses({ license, may, show }: Changing) {
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
        members={license.account?.members.nodes ?? []}
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

function History({ license, may, show, more }: Changing & { more: (() => void) | null }) {
  const { nodes, totalCount } = license.history;
  const undo = useChange(UndoDocument);
  return (
    <Section name="History" id="history" note={`${counted(totalCount, "event")}, newest first.`}>
      <Events
        events={nodes}
        undo={may ? (entryId) => undo({ licenseId: license.id, entryId }) : undefined}
        onUndone={show}
      />
      {more && totalCount > nodes.length && (
        <button type="button" onClick={more}>
          Show more
        </button>
      )}
    </Section>
  );
}
