/** What one was told without asking, the newest first. */

import { useState } from "react";
import { Link } from "wouter";
import { useAddress } from "../../shared/address";
import { type Done, useChange, usePage } from "../../shared/client";
import { counted } from "../../shared/format";
import { Pages } from "../../shared/parts";
import { Answered, Empty, Recorded, Title, When } from "../../shared/ui";
import {
  NotificationsDocument,
  type NotificationsQuery,
  NotificationsReadDocument,
} from "../operations.generated";

const ROWS = 25;

type Notification = NotificationsQuery["viewer"]["notifications"]["nodes"][number];

/** The list. */
export default function Notifications() {
  const { search, say } = useAddress();
  const after = search.get("after");
  const page = usePage(NotificationsDocument, { first: ROWS, after });
  const read = useChange(NotificationsReadDocument);
  const [last, setLast] = useState<Done | null>(null);
  const told = page.data?.viewer.notifications;
  const newest = told?.nodes[0];
  const markRead = async () => {
    if (!newest) return;
    setLast(await read({ upTo: newest.number }));
    page.retry();
  };
  return (
    <>
      <Title
        window="Notifications"
        aside={
          told?.nodes.some((one) => !one.read) && (
            <button type="button" onClick={markRead}>
              Mark all as read
            </button>
          )
        }
      >
        Notifications
      </Title>
      <Recorded done={last} what="All are read." />
      <Answered page={page} rows={8}>
        {({ viewer: { notifications } }) => (
          <>
            <p className="quiet" role="status">
              {counted(notifications.totalCount, "notification")} ·{" "}
              <Link href="/account#notifications">Choose what you are told</Link>
            </p>
            {notifications.nodes.length === 0 ? (
              <Empty>Nothing yet. What concerns you will stand here.</Empty>
            ) : (
              <ul className="card rows notifications">
                {notifications.nodes.map((one) => (
                  <One key={one.number} one={one} />
                ))}
              </ul>
            )}
            <Pages
              after={after}
              info={notifications.pageInfo}
              go={(to) => say({ after: to }, { back: true })}
            />
          </>
        )}
      </Answered>
    </>
  );
}

function One({ one }: { one: Notification }) {
  return (
    <li className="row">
      <div>
        <strong>
          {one.title}
          {one.productName && ": "}
          {one.licenseId && <Link href={`/licenses/${one.licenseId}`}>{one.productName}</Link>}
        </strong>{" "}
        {!one.read && <span className="status calm">New</span>}
        <br />
        {one.text}
        <br />
        <span className="quiet">
          <When at={one.at} />
        </span>
      </div>
    </li>
  );
}
