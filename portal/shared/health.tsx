/** How an account is, and why. */

import { Link } from "wouter";

const LEVELS: Record<string, { tone: string; name: string }> = {
  GOOD: { tone: "good", name: "All is well" },
  WARNING: { tone: "warn", name: "Needs a look" },
  CRITICAL: { tone: "bad", name: "Needs action" },
};

/** One reason, as pages ask for it. */
export interface Reason {
  level: string;
  text: string;
  status?: string | null;
  licenseId?: string | null;
}

/** The worst of it first, each reason with where to look. */
export function Health(props: {
  health: { level: string; reasons: Reason[] };
  href: (reason: Reason) => string;
}) {
  const { level, reasons } = props.health;
  const { tone, name } = LEVELS[level] ?? { tone: "warn", name: "Needs a look" };
  return (
    <section className={`card wide health ${tone}`} aria-labelledby="health">
      <h2 id="health">{name}</h2>
      {reasons.length === 0 ? (
        <p>Nothing expires soon, nothing is used up, nothing is stopped.</p>
      ) : (
        <ul>
          {reasons.map((reason) => (
            <li key={reason.text} className={LEVELS[reason.level]?.tone ?? "warn"}>
              <Link href={props.href(reason)}>{reason.text}</Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
