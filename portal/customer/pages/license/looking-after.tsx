/** Who looks after a license, beside those who look after the whole account. */

import { useState } from "react";
import { type Done, useChange, useLookup } from "../../../shared/client";
import { EndGrant, GiveRole, GRANTED, givable, until } from "../../../shared/grants";
import { called } from "../../../shared/seats";
import { Section } from "../../../shared/ui";
import {
  GrantCandidatesDocument,
  RoleGrantDocument,
  RoleGrantEndDocument,
} from "../../operations.generated";
import type { Changing } from "./shown";

/** The part of the page. */
export function LookingAfter({ license, rights, show }: Changing) {
  const end = useChange(RoleGrantEndDocument);
  const roles = givable(rights).filter((role) => role !== "ADMIN");
  const { grants } = license;
  if (roles.length === 0 && grants.length === 0) return null;
  return (
    <Section
      name="Who looks after it"
      note={
        grants.length === 0
          ? "Those who look after the whole account do. Somebody else can for this license alone."
          : "Beside those who look after the whole account."
      }
      aside={roles.length > 0 && <Give license={license} roles={roles} show={show} />}
    >
      {grants.length > 0 && (
        <ul className="rows">
          {grants.map((one) => {
            const name = one.member?.name ?? "A person";
            return (
              <li key={one.id} className="row">
                <div>
                  {name}
                  <br />
                  <span className="quiet">
                    {GRANTED[one.role]} · {until(one)}
                  </span>
                </div>
                {one.mayEnd && (
                  <EndGrant
                    grant={{ ...one, license }}
                    name={name}
                    end={(grantId) => end({ grantId })}
                    show={show}
                  />
                )}
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}

function Give(props: {
  license: Changing["license"];
  roles: ReturnType<typeof givable>;
  show: (what: string) => (done: Done) => void;
}) {
  const { id, productName } = props.license;
  const [text, find] = useState("");
  // Who there is to choose from is asked for once somebody wants to choose.
  const [asked, ask] = useState(false);
  const page = useLookup(GrantCandidatesDocument, { id, text }, asked);
  const grant = useChange(RoleGrantDocument);
  const { nodes = [], totalCount = 0 } = page.data?.license?.grantCandidates ?? {};
  return (
    <GiveRole
      button="Let somebody look after it"
      title={`Who looks after ${productName}?`}
      roles={props.roles}
      person={null}
      people={{
        rows: nodes.map((one) => ({ id: one.id, text: called(one, nodes) })),
        total: totalCount,
        search: { text, find },
      }}
      places={[{ id, text: productName }]}
      onOpen={() => ask(true)}
      give={({ memberId, role, place, endsAt }) =>
        grant({ memberId, role, licenseId: place, endsAt })
      }
      show={props.show}
    />
  );
}
