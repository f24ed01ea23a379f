/** The connection to the API: one operation for each page, asked again whenever the ledger moved. */

import { createClient as createSocket } from "graphql-ws";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import {
  type CombinedError,
  cacheExchange,
  createClient,
  fetchExchange,
  type OperationResult,
  Provider,
  subscriptionExchange,
  useClient,
  useQuery,
  useSubscription,
} from "urql";
import { SignedOut } from "./signed-out";
import { watchUse } from "./use";

/** A document with the types of its answer and its variables. */
interface Document<Data, Variables> {
  toString(): string;
  __apiType?: (variables: Variables) => Data;
}

/** Changes come in bursts; a page is asked again once for each. */
const SETTLE_MS = 120;

/** The page where one signs in, and the way back. */
export function signInAddress(): string {
  const here = location.pathname + location.search;
  return `/sign-in?next=${encodeURIComponent(here)}`;
}

/** The session is over: sign in and come back. */
function leave() {
  location.assign(signInAddress());
}

/** After how long what was refused is asked for once more: whoever shows again who it is gets a new cookie, and other windows
 * may have asked with the one of before at that very moment. */
const RENEWED_MS = 250;

/** Has the pages ask again. */
let missed: (() => void) | undefined;

/** Asks the service, once more where the session may have got a new cookie meanwhile. */
async function fetched(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const answer = await fetch(input, init);
  if (answer.status !== 401) return answer;
  await new Promise((resolve) => setTimeout(resolve, RENEWED_MS));
  return fetch(input, init);
}

/** Whether the service lets the caller do nothing but set up a second factor. */
async function demandsFactor(answer: Response): Promise<boolean> {
  if (answer.status !== 403) return false;
  const said = await answer
    .clone()
    .json()
    .catch(() => null);
  return said?.errors?.[0]?.extensions?.code === "SECOND_FACTOR_REQUIRED";
}

function client(demand: () => void) {
  const socket = createSocket({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    // Goes on after a lost connection for as long as the page is open.
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    // Nobody told what changed meanwhile: when the line was cut, or when whoever showed again who it is got a new session.
    on: { connected: (_socket, _payload, wasRetry) => wasRetry && missed?.() },
  });
  return createClient({
    url: "/graphql",
    preferGetMethod: false,
    fetch: async (input, init) => {
      const answer = await fetched(input, init);
      if (answer.status === 401) leave();
      if (await demandsFactor(answer)) demand();
      return answer;
    },
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(
              { query: query ?? "", variables },
              {
                next: ({ data = null, errors }) =>
                  sink.next(errors ? { data, errors: [...errors] } : { data }),
                error: (error) => sink.error(error),
                complete: () => sink.complete(),
              },
            ),
          }),
        }),
      }),
    ],
  });
}

const Moved = createContext(0);

/** Gives the pages below a connection. */
export function Connection(props: {
  changes: Document<unknown, Record<string, never>>;
  /** In place of everything, where the organization demands a second factor that the caller has not. */
  demanded?: ReactNode;
  /** After how many minutes that nobody uses the page one has to sign in again. */
  idleMinutes: number;
  children: ReactNode;
}) {
  const [demanded, setDemanded] = useState(false);
  const made = useMemo(() => client(() => setDemanded(true)), []);
  const { idleMinutes } = props;
  useEffect(() => watchUse(idleMinutes, leave), [idleMinutes]);
  const [out, setOut] = useState(false);
  useEffect(() => {
    clear = () => setOut(true);
    return () => {
      clear = undefined;
    };
  }, []);
  if (out) return <SignedOut />;
  if (demanded) return props.demanded;
  return (
    <Provider value={made}>
      <Following changes={props.changes}>{props.children}</Following>
    </Provider>
  );
}

/** Counts how often the ledger moved, as far as the caller may see. */
function Following(props: {
  changes: Document<unknown, Record<string, never>>;
  children: ReactNode;
}) {
  const [moved, setMoved] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const soon = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setMoved((times) => times + 1), SETTLE_MS);
  }, []);
  useEffect(() => {
    missed = soon;
    return () => {
      missed = undefined;
    };
  }, [soon]);
  useSubscription({ query: String(props.changes) }, (_, data) => {
    soon();
    return data;
  });
  return <Moved.Provider value={moved}>{props.children}</Moved.Provider>;
}

/** What a page shows: the newest answer, also while a newer one is on its way. */
export interface Page<Data, Variables = unknown> {
  data: Data | undefined;
  /** What that is an answer to. */
  answered: Variables | undefined;
  error: CombinedError | undefined;
  /** Whether an answer to these very variables is still missing. */
  waiting: boolean;
  retry: () => void;
}

/** Asks what a page shows, and asks again whenever the ledger moved. */
export function usePage<Data, Variables extends object>(
  document: Document<Data, Variables>,
  variables: Variables,
): Page<Data, Variables> {
  const moved = useContext(Moved);
  const [result, ask] = useQuery<Data>({
    query: String(document),
    variables,
    requestPolicy: "cache-and-network",
  });
  const retry = useCallback(() => ask({ requestPolicy: "network-only" }), [ask]);
  const seen = useRef(moved);
  useEffect(() => {
    if (seen.current !== moved) {
      seen.current = moved;
      retry();
    }
  }, [moved, retry]);
  const answered = result.operation?.variables as Variables | undefined;
  return {
    data: result.data,
    answered,
    error: result.data ? undefined : result.error,
    waiting: !result.data || JSON.stringify(answered) !== JSON.stringify(variables),
    retry,
  };
}

/** What a part of a page asks for once it is wanted. */
export function useLookup<Data, Variables extends object>(
  document: Document<Data, Variables>,
  variables: Variables,
  wanted: boolean,
): { data: Data | undefined } {
  const [{ data }] = useQuery<Data>({ query: String(document), variables, pause: !wanted });
  return { data };
}

/** What every change answers. */
export interface Outcome {
  userErrors: { code: string; message: string; advice: string }[];
  position?: string | null;
}

/** How a change went, and what was answered. */
export type Done<Data = unknown> =
  | { ok: true; position: string | null; data: Data }
  | { ok: false; code?: string; message: string; advice: string };

/** Asks whoever is signed in to show again who it is; answers whether that was done. */
export const Prove = createContext<() => Promise<boolean>>(() => Promise.resolve(false));

/** A random UUID, also where pages are not served over TLS and `crypto.randomUUID` is missing. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Sends changes. Each call is one intent: its command id is made once; a lost answer is asked for again with it, and so is
 * what had to wait until the caller showed again who it is. */
export function useChange<Data extends object, Input extends { commandId: string }>(
  document: Document<Data, { input: Input }>,
) {
  const sender = useClient();
  const prove = useContext(Prove);
  return useCallback(
    async (input: Omit<Input, "commandId">): Promise<Done<Data>> => {
      const variables = { input: { ...input, commandId: newId() } };
      const ask = () => sender.mutation<Data>(String(document), variables).toPromise();
      let answer = await ask();
      if (answer.error?.networkError) answer = await ask();
      let done = doneOf(answer);
      if (!done.ok && done.code === "STEP_UP_REQUIRED" && (await prove())) {
        done = doneOf(await ask());
      }
      return done;
    },
    [sender, document, prove],
  );
}

function doneOf<Data extends object>(answer: OperationResult<Data>): Done<Data> {
  if (answer.error || !answer.data) {
    const message = answer.error?.graphQLErrors[0]?.message ?? "The service did not answer.";
    return { ok: false, message, advice: "Nothing is half done. Try again." };
  }
  const outcome = Object.values(answer.data)[0] as Outcome | null | undefined;
  const refused = outcome?.userErrors[0];
  if (refused) return { ok: false, ...refused };
  return { ok: true, position: outcome?.position ?? null, data: answer.data };
}

/** Asks once, outside of a page: for files of all rows. */
export function useAsk() {
  const sender = useClient();
  return useCallback(
    async <Data, Variables extends object>(
      document: Document<Data, Variables>,
      variables: Variables,
    ): Promise<Data> => {
      const answer = await sender
        .query<Data>(String(document), variables, { requestPolicy: "network-only" })
        .toPromise();
      if (answer.error || !answer.data) throw answer.error ?? new Error("The answer was empty.");
      return answer.data;
    },
    [sender],
  );
}

/** What an address outside of GraphQL answers: passwords and codes never stand in a document. */
export type Answer<Data> = Done<Data | null>;

/** Sends JSON to such an address. */
export async function send<Data>(to: string, body: object): Promise<Answer<Data>> {
  const answer = await fetched(to, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => null);
  const said = answer?.status === 204 ? null : await answer?.json().catch(() => null);
  if (answer?.ok) return { ok: true, position: null, data: said };
  if (answer?.status === 401) leave();
  return {
    ok: false,
    code: said?.error?.code,
    message: said?.error?.message ?? "The service did not answer.",
    advice: said?.error?.advice ?? "Nothing is changed. Try again.",
  };
}

/** How long until the service is told again that somebody signed out. */
const TOLD_AGAIN_MS = 5_000;

/** Takes everything off the page that is open. */
let clear: (() => void) | undefined;

/** Ends the session here at once, and on the server as soon as it can be reached. */
export async function signOut(): Promise<void> {
  clear?.();
  while (!(await ended())) await sooner();
  location.replace("/sign-in");
}

/** Whether the service has ended the session, or knows of none. */
async function ended(): Promise<boolean> {
  const answer = await fetch("/sign-out", { method: "POST" }).catch(() => null);
  return answer !== null && (answer.ok || answer.status === 401);
}

/** Waits a while, or until there is a connection. */
function sooner(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, TOLD_AGAIN_MS);
    addEventListener("online", done);
  });
}
