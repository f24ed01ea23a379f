/** Partners of a customer, which the vendor links and parts with. */

import { useState } from "react";
import { useChange, useLookup } from "../../../shared/client";
import { LinkPartner } from "../../../shared/partner-link";
import { Partners } from "../../../shared/partners";
import type { Show } from "../../../shared/people/shown";
import {
  PartnerCandidatesDocument,
  PartnerLinkDocument,
  PartnerUnlinkDocument,
  type PeopleQuery,
} from "../../operations.generated";

type Account = NonNullable<PeopleQuery["account"]>;

/** The part of the page. */
export function CustomersPartners({ account, show }: { account: Account; show: Show }) {
  const unlink = useChange(PartnerUnlinkDocument);
  return (
    <Partners
      partners={account.partners}
      link={account.may.includes("MANAGE_PARTNERS") && <LinkOne account={account} show={show} />}
      end={(linkId) => unlink({ accountId: account.id, linkId })}
      show={show}
    />
  );
}

function LinkOne({ account, show }: { account: Account; show: Show }) {
  const link = useChange(PartnerLinkDocument);
  const [text, find] = useState("");
  // Who there is to choose from is asked for once somebody wants to choose.
  const [asked, ask] = useState(false);
  const looked = text.trim() !== "";
  const { data } = useLookup(PartnerCandidatesDocument, { text, find: looked }, asked);
  const found = looked
    ? (data?.find ?? []).flatMap(({ found }) => (found.__typename === "Account" ? [found] : []))
    : (data?.accounts?.nodes ?? []);
  const others = found.filter(({ id }) => id !== account.id);
  const all = data?.accounts?.totalCount ?? 0;
  return (
    <LinkPartner
      customer={account.name ?? "this customer"}
      found={{
        rows: others.map(({ id, name, externalId }) => ({
          id,
          text: [name ?? "Name was erased", externalId].filter(Boolean).join(" · "),
        })),
        // The customer itself is one of all.
        total: looked ? others.length : Math.max(others.length, all - 1),
        search: { text, find },
      }}
      onOpen={() => ask(true)}
      link={(linking) => link({ accountId: account.id, ...linking })}
      show={show}
    />
  );
}
