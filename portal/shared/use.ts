/** Whether somebody uses the page. A page asks by itself again and again, so the service does not count that as use. */

/** How often the service is told at most, and asked whether another page of the same session is used. */
const EVERY_MS = 60_000;
const TOUCHES = ["pointerdown", "keydown", "scroll"] as const;

/** Tells the service that somebody uses the page; when nobody does for so many minutes, calls `leave` once the service has
 * ended the session or cannot be reached. Answers how to stop. */
export function watchUse(minutes: number, leave: () => void): () => void {
  let told = 0;
  let timer: ReturnType<typeof setTimeout>;
  const look = async () => {
    if (await isOver()) leave();
    else timer = setTimeout(look, EVERY_MS);
  };
  const touched = () => {
    clearTimeout(timer);
    timer = setTimeout(look, minutes * 60_000);
    if (Date.now() - told < EVERY_MS) return;
    told = Date.now();
    // Where it cannot be told now, the next touch tells it.
    fetch("/session/used", { method: "POST" }).catch(() => {
      told = 0;
    });
  };
  for (const touch of TOUCHES) addEventListener(touch, touched, { passive: true, capture: true });
  touched();
  return () => {
    clearTimeout(timer);
    for (const touch of TOUCHES) removeEventListener(touch, touched, { capture: true });
  };
}

/** Whether the session is over, or nobody can tell: without a connection nothing stays on a screen that nobody looks at. Another
 * page of it may be used. */
async function isOver(): Promise<boolean> {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: "{ __typename }" }),
  }).catch(() => null);
  return answer === null || answer.status === 401;
}
