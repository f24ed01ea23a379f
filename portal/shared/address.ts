/** What a page shows is said in its address, so that it can be sent to a colleague. */

import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";

/** How long after the last key a search is asked for. */
const TYPING_MS = 250;

/** What to say in the address; null says nothing. */
export type Said = Record<string, string | null>;

/** What the address says, and a way to say something else; also so that the browser's "back" comes here again. */
export function useAddress() {
  const [search, setSearch] = useSearchParams();
  const say = (changes: Said, how: { back?: boolean } = {}) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        for (const [name, value] of Object.entries(changes)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: !how.back },
    );
  return { search, say };
}

/** What is being typed: it reaches the address once the typing rests, and follows when the address changes. */
export function useTyped(said: string, say: (text: string) => void) {
  const [typed, setTyped] = useState(said);
  const known = useRef(said);
  useEffect(() => {
    if (said === known.current) return;
    known.current = said;
    setTyped(said);
  }, [said]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts a search
  useEffect(() => {
    if (typed === known.current) return;
    const at = location.pathname;
    const timer = setTimeout(() => {
      // Whoever has gone on to another page meanwhile stays there.
      if (location.pathname !== at) return;
      known.current = typed;
      say(typed);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return [typed, setTyped] as const;
}
