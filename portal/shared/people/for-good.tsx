/** What is asked before something is erased: what is gone and what stays, why, and the name, typed by hand. */

import { type ReactNode, useId, useState } from "react";
import type { Done } from "../client";
import { Ask } from "../ui";
import type { Proven } from "./certificate";
import { type Ground, groundsOf } from "./grounds";

/** The choice of the ground. */
export function GroundField(props: {
  whose: string;
  ground: Ground;
  choose: (ground: Ground) => void;
}) {
  return (
    <label>
      Why it has to be
      <select value={props.ground} onChange={({ target }) => props.choose(target.value as Ground)}>
        {Object.entries(groundsOf(props.whose)).map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The dialog: nothing can be erased in it before the name is typed. */
export function EraseForGood(props: {
  /** The id of whose data it is. */
  whose: string;
  /** What has to be typed. */
  name: string;
  title: string;
  gone: ReactNode;
  stays: ReactNode;
  erase: (ground: Ground) => Promise<Done>;
  erased: (proven: Proven) => void;
  onDone: (done: Done) => void;
  close: () => void;
}) {
  const { name, whose } = props;
  const [ground, setGround] = useState<Ground>("NO_LONGER_NEEDED");
  const [typed, setTyped] = useState("");
  const hint = useId();
  return (
    <Ask
      close={props.close}
      title={props.title}
      danger
      ready={typed.trim() === name.trim()}
      effects={
        <>
          <div>
            <p>
              <strong>Gone for good</strong>, in every copy, and nobody can bring it back:
            </p>
            <ul className="points">{props.gone}</ul>
          </div>
          <div>
            <p>
              <strong>What stays</strong>, without a name:
            </p>
            <ul className="points">{props.stays}</ul>
          </div>
          <GroundField whose={whose} ground={ground} choose={setGround} />
          <label>
            Type the name to go on
            <input
              value={typed}
              autoComplete="off"
              spellCheck={false}
              aria-describedby={hint}
              onChange={({ target }) => setTyped(target.value)}
              required
            />
            <span className="quiet" id={hint}>
              {name}
            </span>
          </label>
        </>
      }
      act="Erase for good"
      onConfirm={() => props.erase(ground)}
      onDone={(done) => {
        if (done.ok && done.position) props.erased({ whose, ground, position: done.position });
        props.onDone(done);
      }}
    />
  );
}
