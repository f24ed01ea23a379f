/** A link by which somebody chooses a password: making it, and handing it over. */

import type { Done } from "./client";
import { Confirm, Copyable, When } from "./ui";

/** A link that was made for somebody. */
export interface Made {
  name: string;
  path: string;
  expiresAt: string;
}

/** What the service answers. */
interface Answer {
  passwordLinkMake?: { link?: { path: string; expiresAt: string } | null } | null;
}

/** Asks for a link for a member of a customer. */
export type Make = (memberId: string) => Promise<Done<Answer>>;

/** The link in an answer, when there is one. */
export function linkOf(done: Done<Answer>, name: string): Made | null {
  const link = done.ok ? done.data.passwordLinkMake?.link : null;
  return link ? { name, ...link } : null;
}

/** The button. */
export function MakeLink(props: {
  member: { id: string };
  name: string;
  make: Make;
  made: (link: Made) => void;
  show: (what: string) => (done: Done) => void;
}) {
  const { name } = props;
  return (
    <Confirm
      button="Link"
      label={`Make a link for ${name}`}
      title={`Make a link for ${name}?`}
      effects={
        <p>
          With it {name} chooses a password, once, within 7 days. A link that was made before is no
          longer good. Whoever has the link can use it: give it to nobody else.
        </p>
      }
      act="Make the link"
      onConfirm={() => props.make(props.member.id)}
      onDone={(done) => {
        const link = linkOf(done, name);
        if (link) props.made(link);
        props.show(`A link for ${name} is made.`)(done);
      }}
    />
  );
}

/** The link, to be handed over; `origin` is where the customer portal is, when that is known. */
export function Handed(props: { made: Made; origin: string | null; close: () => void }) {
  const { made, origin } = props;
  return (
    <section className="card once stack" aria-label="The link">
      <p>
        <strong>Give this link to {made.name}.</strong> It is good until{" "}
        <When at={made.expiresAt} /> and works once.
        {origin === null && " Put the address of your customer portal before it."}
      </p>
      <p className="address">
        <Copyable text={(origin ?? "") + made.path} label="the link" />
      </p>
      <button type="button" className="small" onClick={props.close}>
        I have it
      </button>
    </section>
  );
}
