/** Seats that are for the people of one part of the organization, or of a customer that is sold to. */

import { useState } from "react";
import { type Done, useChange, useLookup } from "../../../shared/client";
import { count, counted } from "../../../shared/format";
import { Confirm, Section } from "../../../shared/ui";
import { SeatPlacesDocument, SeatsAllocateDocument } from "../../operations.generated";
import type { Changing, Shown } from "./shown";

type Allocation = Shown["allocations"][number];

const named = ({ accountName }: Allocation) => accountName ?? "An account";

/** The part of the page; nothing where nobody has seats set aside, and there is nobody to set any aside for. */
export function Allocations({ license, rights, show }: Changing) {
  const may = rights.includes("ALLOCATE_SEATS");
  const { allocations } = license;
  const { account, seats } = license;
  const somebody = account && account.subAccounts.totalCount + account.customers.length > 0;
  const some = seats.unlimited || seats.purchased !== "0";
  if (allocations.length === 0 && !(may && some && somebody)) return null;
  return (
    <Section
      name="Seats set aside"
      id="allocations"
      note={
        allocations.length === 0
          ? "All seats are for whoever gets one first. You can set some aside for a part of your organization."
          : "They are for the people there; all others are for whoever gets one first."
      }
      aside={may && somebody && <Allocate license={license} of={null} show={show} />}
    >
      {allocations.length > 0 && (
        <ul className="rows">
          {allocations.map((one) => (
            <li key={one.accountId} className="row">
              <div>
                {named(one)}
                <br />
                <span className="quiet">
                  {counted(Number(one.seats), "seat")}
                  {one.capped ? ", and no others" : ""} · {count(one.assigned)} in use
                  {one.available != null && ` · ${count(one.available)} more can be given`}
                </span>
              </div>
              {one.mayChange && rights.length > 0 && (
                <Allocate license={license} of={one} show={show} />
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** Sets seats aside: for an account that is known, or for one that is chosen. */
function Allocate(props: {
  license: Shown;
  of: Allocation | null;
  show: (what: string) => (done: Done) => void;
}) {
  const { license, of } = props;
  const [asked, ask] = useState(false);
  const page = useLookup(SeatPlacesDocument, { id: license.id }, asked && of === null);
  const allocate = useChange(SeatsAllocateDocument);
  const [chosen, choose] = useState(of?.accountId ?? "");
  const [seats, setSeats] = useState(of?.seats ?? "");
  const [capped, setCapped] = useState(of?.capped ?? false);
  const account = page.data?.license?.account;
  const places = [
    ...(account?.subAccounts.nodes ?? []).map(({ id, name }) => ({ id, name })),
    ...(account?.customers ?? []).map((one) => ({ id: one.customerId, name: one.customerName })),
  ];
  const place = of ? named(of) : (places.find(({ id }) => id === chosen)?.name ?? "them");
  return (
    <Confirm
      button={of ? "Change" : "Set seats aside"}
      {...(of ? { label: `Change the seats of ${named(of)}` } : {})}
      title={of ? `How many seats are for ${named(of)}?` : "Set seats aside"}
      ready={chosen !== "" && /^\d+$/.test(seats)}
      onOpen={() => ask(true)}
      effects={
        <div className="stack">
          {!of && (
            <label>
              For the people of
              <select value={chosen} onChange={({ target }) => choose(target.value)}>
                <option value="">Choose a part of your organization</option>
                {places.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name ?? "Name was erased"}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label>
            Seats
            <input
              type="text"
              inputMode="numeric"
              value={seats}
              onChange={({ target }) => setSeats(target.value.trim())}
            />
          </label>
          <label>
            They may have
            <select
              value={capped ? "only" : "also"}
              onChange={({ target }) => setCapped(target.value === "only")}
            >
              <option value="also">these seats, and others that are free</option>
              <option value="only">these seats only</option>
            </select>
          </label>
          <p>
            Nobody else can take these seats, also while they are free. With 0 they are for whoever
            gets one first again.
          </p>
        </div>
      }
      act="Set them aside"
      onConfirm={() => allocate({ licenseId: license.id, accountId: chosen, seats, capped })}
      onDone={props.show(
        seats === "0" && !capped
          ? `No seats are set aside for ${place} any more.`
          : `${counted(Number(seats || "0"), "seat")} set aside for ${place}.`,
      )}
    />
  );
}
