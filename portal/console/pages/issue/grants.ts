/** What an offering or bundle gives, as the catalog has it. */

import { bound, value, words } from "../../../shared/format";
import type { IssueQuery } from "../../operations.generated";

/** The catalog of the chosen product. */
export type Product = NonNullable<IssueQuery["product"]>;
type Offering = Product["offerings"][number];
/** How time runs under a plan. */
export type Terms = Product["plans"][number]["terms"];

/** One line of what is given. */
export interface Grant {
  name: string;
  value: string;
}

/** What one offering gives. */
export interface Gift {
  name: string;
  code: string;
  version: number;
  grants: Grant[];
  /** False when the catalog shows a newer version of its parts than the one that it gives. */
  exact: boolean;
}

/** What can be issued. */
export interface Source {
  id: string;
  name: string;
  code: string;
  gifts: Gift[];
  /** How its time runs: as the first offering's plan says. */
  terms: Terms | null;
}

function gift(product: Product, offering: Offering): Gift {
  const edition = product.editions.find(({ code }) => code === offering.edition);
  const exact = edition?.version === offering.editionVersion;
  const given = new Map(edition?.values.map((one) => [one.feature, one.value.text]));
  const features = product.features
    .filter(({ key }) => edition?.allFeatures || given.has(key))
    .map(({ key, name }) => ({ name, value: value(given.get(key) ?? "on") }));
  const counted = [
    { name: "Seats", one: offering.seats },
    { name: "Devices", one: offering.devices },
    { name: "Domains", one: offering.domains },
  ]
    .filter(({ one }) => one.unlimited || one.limit !== "0")
    .map(({ name, one }) => ({ name, value: bound(one) }));
  const services = offering.services.map((one) => ({ name: words(one.key), value: one.value }));
  return {
    name: offering.name,
    code: offering.code,
    version: offering.version,
    grants: [...counted, ...features, ...services],
    exact,
  };
}

function terms(product: Product, offering: Offering | undefined): Terms | null {
  const plan = product.plans.find(({ code }) => code === offering?.plan);
  return plan && plan.version === offering?.planVersion ? plan.terms : null;
}

/** What can be issued of a product, bundles first. */
export function sources(product: Product): { bundles: Source[]; offerings: Source[] } {
  const bundles = product.bundles.map((bundle) => {
    const within = bundle.offerings.flatMap(({ code }) =>
      product.offerings.filter((one) => one.code === code),
    );
    return {
      ...bundle,
      gifts: within.map((one) => gift(product, one)),
      terms: terms(product, within[0]),
    };
  });
  const offerings = product.offerings.map((one) => ({
    id: one.id,
    name: one.name,
    code: one.code,
    gifts: [gift(product, one)],
    terms: terms(product, one),
  }));
  return { bundles, offerings };
}
