/** The vendor's own people: who they are, and keeping them out, letting them in again, erasing them. */

import { useState } from "react";
import { type Done, useChange, useLookup, usePage } from "../../shared/client";
import { counted, day } from "../../shared/format";
import { Menu } from "../../shared/menu";
import { Certificate, type Proven } from "../../shared/people/certificate";
import { EraseForGood } from "../../shared/people/for-good";
import { named, type Show } from "../../shared/people/shown";
import { Answered, Ask, Recorded, Title } from "../../shared/ui";
import {
  StaffEraseDocument,
  StaffErasureDocument,
  StaffRestoreDocument,
  StaffSuspendDocument,
  TeamDocument,
  type TeamQuery,
} from "../operations.generated";

type Person = TeamQuery["staff"][number];

const ROLES = { OPERATOR: "Operator", AUDITOR: "Auditor" };

/** The page. */
export default function Team() {
  const page = usePage(TeamDocument, {});
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const [proven, setProven] = useState<Proven | null>(null);
  const show: Show = (what) => (done) => {
    setLast({ done, what });
    page.retry();
  };
  return (
    <Answered page={page} rows={6}>
      {({ staff, viewer }) => (
        <>
          <Title window="Team">Your team</Title>
          <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
          <p className="quiet" role="status">
            {counted(staff.filter(({ erasedAt }) => !erasedAt).length, "person", "people")} who work
            for you. Operators do everything here, auditors see everything and change nothing.
          </p>
          {proven && <Proof proven={proven} close={() => setProven(null)} />}
          <People
            people={[
              ...staff.filter(({ erasedAt }) => !erasedAt),
              ...staff.filter(({ erasedAt }) => erasedAt),
            ]}
            oneself={viewer.staff?.id ?? null}
            acts={viewer.role === "OPERATOR"}
            show={show}
            erased={setProven}
          />
        </>
      )}
    </Answered>
  );
}

interface Acting {
  show: Show;
  erased: (proven: Proven) => void;
}

function People(props: Acting & { people: Person[]; oneself: string | null; acts: boolean }) {
  const { people, oneself, acts, ...acting } = props;
  return (
    <table className="table cards">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">May</th>
          <th scope="col">Since</th>
          {acts && <th scope="col">Change</th>}
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <tr key={person.id}>
            <th scope="row">
              {person.name ?? "Name was erased"}{" "}
              {person.erasedAt ? (
                <span className="status off">Erased</span>
              ) : (
                person.suspendedAt && <span className="status bad">Suspended</span>
              )}
              <br />
              <span className="quiet">{person.email}</span>
            </th>
            <td data-name="May">{ROLES[person.role]}</td>
            <td data-name="Since">{day(person.addedAt)}</td>
            {acts && (
              <td data-name="Change">
                {person.id === oneself ? (
                  <span className="quiet">This is you</span>
                ) : person.erasedAt ? (
                  <span className="quiet">erased on {day(person.erasedAt)}</span>
                ) : (
                  <Acts {...acting} person={person} />
                )}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Act = "suspend" | "restore" | "erase";

function Acts(props: Acting & { person: Person }) {
  const { person } = props;
  const [asked, setAsked] = useState<Act | null>(null);
  const name = named(person);
  const close = () => setAsked(null);
  const erase = { name: "Erase for good", danger: true, act: () => setAsked("erase") };
  return (
    <div className="acts">
      {person.suspendedAt ? (
        <>
          <button
            type="button"
            className="small"
            aria-label={`Restore ${name}`}
            onClick={() => setAsked("restore")}
          >
            Restore
          </button>
          <Menu button="More" label={`More about ${name}`} items={[erase]} />
        </>
      ) : (
        <button
          type="button"
          className="small"
          aria-label={`Suspend ${name}`}
          onClick={() => setAsked("suspend")}
        >
          Suspend
        </button>
      )}
      {asked === "suspend" && <Suspend {...props} close={close} />}
      {asked === "restore" && <Restore {...props} close={close} />}
      {asked === "erase" && <Erase {...props} close={close} />}
    </div>
  );
}

type Asking = Acting & { person: Person; close: () => void };

function Suspend({ person, show, close }: Asking) {
  const suspend = useChange(StaffSuspendDocument);
  const name = named(person);
  return (
    <Ask
      close={close}
      title={`Suspend ${name}?`}
      danger
      effects={
        <p>
          {name} is out of the console at once, everywhere, and cannot sign in until restored; the
          programs of {name} rest until then. What {name} did stays as it is. The personal data of
          who is suspended can be erased here.
        </p>
      }
      act="Suspend"
      onConfirm={() => suspend({ staffId: person.id })}
      onDone={show(`${name} is suspended.`)}
    />
  );
}

function Restore({ person, show, close }: Asking) {
  const restore = useChange(StaffRestoreDocument);
  const name = named(person);
  return (
    <Ask
      close={close}
      title={`Let ${name} in again?`}
      effects={
        <p>
          {name} is suspended{person.suspendedAt && ` since ${day(person.suspendedAt)}`}. From now
          on {name} can sign in again as before, and the programs of {name} work again.
        </p>
      }
      act="Restore"
      onConfirm={() => restore({ staffId: person.id })}
      onDone={show(`${name} may sign in again.`)}
    />
  );
}

function Erase({ person, show, erased, close }: Asking) {
  const erase = useChange(StaffEraseDocument);
  const name = named(person);
  return (
    <EraseForGood
      whose={person.id}
      name={name}
      title={`Erase the personal data of ${name} for good?`}
      gone={
        <>
          <li>the name and the e-mail, also in all that was told before</li>
          <li>the password, the second factor, passkeys and programs’ tokens</li>
          <li>the way in: {name} can never come back, and the e-mail is free for somebody new</li>
        </>
      }
      stays={
        <>
          <li>what {name} did, told as done by “somebody whose data was erased”</li>
          <li>names that somebody typed elsewhere, such as that of a program’s token</li>
        </>
      }
      erase={(ground) => erase({ staffId: person.id, ground })}
      erased={erased}
      onDone={show("The personal data is erased.")}
      close={close}
    />
  );
}

function Proof({ proven, close }: { proven: Proven; close: () => void }) {
  const { data } = useLookup(StaffErasureDocument, {}, true);
  return (
    <Certificate
      of={proven}
      facts={data?.history.nodes}
      proof={`/tlog/proof/${proven.position}`}
      close={close}
    />
  );
}
