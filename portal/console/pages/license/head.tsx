/** A license in short, as the vendor sees it. */

import { Link } from "wouter";
import { useChange } from "../../../shared/client";
import { words } from "../../../shared/format";
import { Fact, LicenseHead } from "../../../shared/license-head";
import { type BlockerKind, RevealKeyDocument } from "../../operations.generated";
import { BLOCKERS, type Shown } from "./shown";

/** The facts that everybody asks for first. */
export function Head({ license, may }: { license: Shown; may: boolean }) {
  const reveal = useChange(RevealKeyDocument);
  const { source, productName, accountId } = license;
  return (
    <LicenseHead
      license={license}
      blocker={(kind) => BLOCKERS[kind as BlockerKind] ?? words(kind)}
      source="It is on"
      aside={source ? `${productName}, version ${source.version}` : productName}
      reveal={may ? () => reveal({ licenseId: license.id }) : null}
      first={
        <Fact name="Customer">
          <Link href={`/customers/${accountId}`}>{license.accountName ?? "Name was erased"}</Link>
        </Fact>
      }
    >
      {license.services.map(({ key, value }) => (
        <Fact key={key} name={words(key)}>
          {words(value)}
        </Fact>
      ))}
    </LicenseHead>
  );
}
