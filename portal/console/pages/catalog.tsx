/** What is sold: products with their features, and the offerings and bundles that give them. */

import { Link } from "wouter";
import { useAddress } from "../../shared/address";
import { usePage } from "../../shared/client";
import { count, counted, day } from "../../shared/format";
import { Answered, Empty, Section, Title } from "../../shared/ui";
import { CatalogDocument, type CatalogQuery } from "../operations.generated";
import { Bundles, Editions, Features, Offerings, Plans, Releases } from "./catalog/tables";

/** The page: the product in the address, else the first one. */
export default function Catalog() {
  const { search, say } = useAddress();
  const product = search.get("product");
  const page = usePage(CatalogDocument, { product: product ?? "none", chosen: product !== null });
  return (
    <>
      <Title window="Catalog">Catalog</Title>
      <Answered page={page} rows={10}>
        {(data) => {
          const shown = data.product ?? data.only?.nodes[0];
          return (
            <>
              {data.products.totalCount > 1 && (
                <Products
                  data={data}
                  shown={shown?.id ?? ""}
                  choose={(to) => say({ product: to }, { back: true })}
                />
              )}
              {shown ? (
                <Parts product={shown} />
              ) : (
                <Empty action={product && <Link href="/catalog">Go to the catalog</Link>}>
                  {product
                    ? "No product has this id."
                    : "Products show here as soon as the first one is published."}
                </Empty>
              )}
            </>
          );
        }}
      </Answered>
    </>
  );
}

function Products(props: { data: CatalogQuery; shown: string; choose: (id: string) => void }) {
  const { nodes, totalCount } = props.data.products;
  return (
    <search className="filters">
      <label>
        Product
        <select value={props.shown} onChange={({ target }) => props.choose(target.value)}>
          {nodes.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name} · {one.code}
            </option>
          ))}
        </select>
      </label>
      {totalCount > nodes.length && (
        <p className="quiet">{count(totalCount - nodes.length)} more are not listed.</p>
      )}
    </search>
  );
}

function Parts({ product }: { product: NonNullable<CatalogQuery["product"]> }) {
  return (
    <div className="stack">
      <section className="card head" aria-label="In short">
        <dl className="facts">
          <div>
            <dt>Product</dt>
            <dd>
              {product.name} <span className="quiet">{product.code}</span>
            </dd>
          </div>
          <div>
            <dt>Published</dt>
            <dd>{day(product.publishedAt)}</dd>
          </div>
          <div>
            <dt>It has</dt>
            <dd>
              {counted(product.features.length, "feature")},{" "}
              {counted(product.offerings.length, "offering")},{" "}
              {counted(product.bundles.length, "bundle")}
            </dd>
          </div>
        </dl>
      </section>
      <Section name="Offerings" note="What can be ordered: the features of an edition, on a plan.">
        <Offerings product={product} />
      </Section>
      <Section name="Bundles" note="Several offerings given as one.">
        <Bundles product={product} />
      </Section>
      <Section name="Features" note="What licenses can give.">
        <Features product={product} />
      </Section>
      <Section name="Editions" note="Which features an offering gives, and how much of each.">
        <Editions product={product} />
      </Section>
      <Section name="Plans" note="How the time of a license runs.">
        <Plans product={product} />
      </Section>
      <Section name="Releases" note="The versions of the software.">
        <Releases product={product} />
      </Section>
    </div>
  );
}
