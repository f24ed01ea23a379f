/** Whether everybody of an organization signs in with a code as well, and who decides that. */

import type { Done } from "../client";
import { counted } from "../format";
import { Confirm, Section } from "../ui";
import type { Show } from "./shown";

/** The part of the page. */
export function SecondFactorRule(props: {
  account: {
    id: string;
    name?: string | null;
    secondFactorRule: boolean;
    secondFactorDemanded: boolean;
    peopleWithoutSecondFactor: number;
  };
  may: boolean;
  set: (input: { accountId: string; demanded: boolean }) => Promise<Done>;
  show: Show;
}) {
  const { account, may, set, show } = props;
  const { secondFactorRule: rule, secondFactorDemanded: demanded } = account;
  const without = account.peopleWithoutSecondFactor;
  const accountId = account.id;
  return (
    <Section
      name="Second factor"
      note={
        demanded
          ? `Everybody of ${account.name} and of the accounts below it signs in with a code of an authenticator as well.${
              rule ? "" : " An account above it demands that."
            }`
          : "Each person decides. A stolen password alone lets somebody in who has none."
      }
      aside={
        may &&
        (rule ? (
          <Confirm
            button="Leave it to each person"
            title="No longer demand a second factor?"
            effects={
              <p>
                Who has a second factor keeps it and may remove it. Who has none can work again at
                once.
              </p>
            }
            act="Leave it to each person"
            onConfirm={() => set({ accountId, demanded: false })}
            onDone={show("A second factor is each person’s own choice again.")}
          />
        ) : (
          <Confirm
            button="Demand one of everybody"
            title="Demand a second factor of everybody?"
            effects={
              <p>
                {without === 0
                  ? "Everybody has one already. Whoever joins later sets one up at the first sign-in."
                  : `${counted(without, "person has none", "people have none")}: from their next click on they can do nothing but set one up. Programs that sign in as them are refused until then.`}
              </p>
            }
            act="Demand it"
            onConfirm={() => set({ accountId, demanded: true })}
            onDone={show("A second factor is demanded of everybody from now on.")}
          />
        ))
      }
    >
      <p>
        {without === 0
          ? "Everybody has one."
          : `${counted(without, "person has none", "people have none")}.`}
      </p>
    </Section>
  );
}
