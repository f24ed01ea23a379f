/** What all pages are made of. */

import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { Done, Page } from "./client";
import { count, counted, day, moment, relative, share, statement, words } from "./format";

/** The name of a page, in the window and for whoever hears it read. */
export function Title(props: { children: ReactNode; window: string; aside?: ReactNode }) {
  useEffect(() => {
    document.title = props.window;
  }, [props.window]);
  return (
    <div className="title">
      <h1>{props.children}</h1>
      {props.aside}
    </div>
  );
}

/** A part of a page with a name. */
export function Section(props: {
  name: string;
  id?: string;
  aside?: ReactNode;
  children: ReactNode;
  note?: ReactNode;
}) {
  const heading = useId();
  const section = useRef<HTMLElement>(null);
  // An address may name a part of a page, which is there only once the page's answer is.
  useEffect(() => {
    if (!props.id || location.hash !== `#${props.id}`) return;
    const timer = setTimeout(() => section.current?.scrollIntoView());
    return () => clearTimeout(timer);
  }, [props.id]);
  return (
    <section className="card" aria-labelledby={heading} id={props.id} ref={section}>
      <header>
        <h2 id={heading}>{props.name}</h2>
        {props.aside}
      </header>
      {props.note && <p className="note">{props.note}</p>}
      {props.children}
    </section>
  );
}

const TONES: Record<string, string> = {
  ACTIVE: "good",
  ASSIGNED: "calm",
  AVAILABLE: "calm",
  NOT_STARTED: "calm",
  SCHEDULED: "calm",
  EXPIRING: "warn",
  GRACE: "warn",
  DORMANT: "warn",
  EXPIRED: "bad",
  SUSPENDED: "bad",
  REVOKED: "bad",
  DEAD: "bad",
};

/** How something stands: always with the word, never by colour alone. */
export function Status(props: { of: string }) {
  return <span className={`status ${TONES[props.of] ?? "off"}`}>{words(props.of)}</span>;
}

/** An instant: the day and how far it is; the exact time on asking. */
export function When(props: { at: string; from?: string | undefined }) {
  return (
    <time dateTime={props.at} title={moment(props.at)}>
      {day(props.at)} <span className="quiet">({relative(props.at, props.from)})</span>
    </time>
  );
}

/** How much of a bound is used: amber from 80 %, red from 100 %, and always in words. */
export function Usage(props: {
  label: string;
  used: string;
  limit: string | null | undefined;
  unlimited?: boolean;
  /** What is counted, one of it. */
  unit?: string;
  hideLabel?: boolean;
}) {
  const part = props.unlimited ? null : share(props.used, props.limit);
  const tone = part === null ? "" : part >= 1 ? "bad" : part >= 0.8 ? "warn" : "";
  const some = (amount: string) => (props.unit ? counted(amount, props.unit) : count(amount));
  const said = props.unlimited
    ? `${some(props.used)} used, no limit`
    : `${count(props.used)} of ${some(props.limit ?? "0")}`;
  const percent = part === null ? null : Math.floor(part * 100);
  return (
    <div className={`usage ${tone}`}>
      <div className="usage-text">
        <span className={props.hideLabel ? "hidden" : undefined}>{props.label}</span>
        <span>
          {said}
          {percent !== null && <span className="quiet"> · {percent} %</span>}
        </span>
      </div>
      {part !== null && (
        <svg className="bar" role="img" aria-label={`${props.label}: ${said}`} height="6">
          <rect width="100%" height="6" rx="3" />
          <rect className="fill" width={`${Math.min(part, 1) * 100}%`} height="6" rx="3" />
        </svg>
      )}
    </div>
  );
}

/** A key that is masked, to be copied as it is shown. */
export function Copyable(props: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard?.writeText(props.text).then(() => setCopied(true));
  };
  return (
    <span className="copyable">
      <code>{props.text}</code>
      <button type="button" className="small" onClick={copy} aria-label={`Copy ${props.label}`}>
        {copied ? "Copied" : "Copy"}
      </button>
    </span>
  );
}

/** The shape of what is to come. */
export function Skeleton(props: { rows?: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: props.rows ?? 4 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <div key={row} />
      ))}
    </div>
  );
}

/** What a place is for while nothing is there, and what fills it. */
export function Empty(props: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <p>{props.children}</p>
      {props.action}
    </div>
  );
}

/** Shows a page's answer, or that it is on its way, or why it is not. */
export function Answered<Data>(props: {
  page: Page<Data>;
  rows?: number;
  children: (data: Data) => ReactNode;
}) {
  const { page } = props;
  if (page.data) return props.children(page.data);
  if (page.error) {
    return (
      <div className="card failed" role="alert">
        <h1>This cannot be shown now</h1>
        <p>{statement(page.error.graphQLErrors[0]?.message ?? "The service did not answer.")}</p>
        <button type="button" onClick={page.retry}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <div className="card">
      <Skeleton rows={props.rows ?? 6} />
    </div>
  );
}

/** What is asked before a change is made. */
export interface Asked<Data> {
  title: string;
  /** What it frees or breaks. */
  effects: ReactNode;
  /** Null where it turned out that there is nothing to do. */
  act: string | null;
  /** What one does instead; else everything stays as it is. */
  keep?: string;
  danger?: boolean;
  /** False while something that the change needs is missing. */
  ready?: boolean;
  /** Asks for what the effects tell. */
  onOpen?: () => void;
  onConfirm: () => Promise<Done<Data>>;
  onDone: (done: Done<Data>) => void;
}

/** A change that is named, with what it frees or breaks, before it is made. The browser's own dialog: it keeps the focus
 * inside, closes with Escape, gives the focus back, and needs no exception from the content security policy. It is open
 * for as long as it is there. */
export function Ask<Data>(props: Asked<Data> & { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Done | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it opens once
  useEffect(() => {
    props.onOpen?.();
    dialog.current?.showModal();
  }, []);
  const confirm = async () => {
    setBusy(true);
    const done = await props.onConfirm();
    setBusy(false);
    if (done.ok) {
      dialog.current?.close();
      props.onDone(done);
    } else {
      setRefused(done);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={props.close}>
      <h2 id={heading}>{props.title}</h2>
      <div className="effects">{props.effects}</div>
      {refused && !refused.ok && (
        <p className="refused" role="alert">
          <strong>{statement(refused.message)}</strong> {statement(refused.advice)}
        </p>
      )}
      <div className="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          {props.act ? (props.keep ?? "Keep it as it is") : "Close"}
        </button>
        {props.act && (
          <button
            type="button"
            className={props.danger ? "danger" : "primary"}
            onClick={confirm}
            disabled={busy || props.ready === false}
          >
            {busy ? "Recording…" : props.act}
          </button>
        )}
      </div>
    </dialog>
  );
}

/** A button that asks before a change is made. */
export function Confirm<Data>({
  button,
  label,
  main,
  ...asked
}: Asked<Data> & {
  button: string;
  label?: string;
  /** What the page is there for, so that the button is a large one. */
  main?: boolean;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={main ? "primary" : "small"}
        aria-label={label}
        onClick={() => setOpen(true)}
      >
        {button}
      </button>
      {open && <Ask {...asked} close={() => setOpen(false)} />}
    </>
  );
}

/** What was recorded last on this page, and where; or why nothing was. It stays until the next change. */
export function Recorded(props: { done: Done | null; what: string }) {
  const { done } = props;
  const told = useRef<HTMLDivElement>(null);
  // What was pressed may be far below it.
  useEffect(() => {
    if (done) told.current?.scrollIntoView({ block: "nearest" });
  }, [done]);
  return (
    <div className="recorded" role="status" aria-live="polite" ref={told}>
      {done?.ok && (
        <p className="good">
          {props.what}
          {done.position !== null && <span> Recorded as #{count(done.position)}.</span>}
        </p>
      )}
      {done && !done.ok && (
        <p className="refused">
          <strong>{statement(done.message)}</strong> {statement(done.advice)}
        </p>
      )}
    </div>
  );
}
