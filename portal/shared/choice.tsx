/** One of a list that may be too long to show: what is looked for is typed beside it. */

import { useTyped } from "./address";
import { count } from "./format";

/** What is looked for, and how to look for something else. */
export interface Search {
  text: string;
  find: (text: string) => void;
}

/** One that can be chosen. */
export interface Row {
  id: string;
  text: string;
}

/** The rows that are there, and a search where they are not all. */
export function Choice(props: {
  label: string;
  /** The search: what it is called, and what may be typed there. */
  search: Search & { label: string; placeholder: string };
  rows: Row[];
  /** How many there are. */
  total: number;
  /** The id of the one that is chosen; empty: none. */
  value: string;
  /** It, where it may not be among the rows. */
  chosen?: Row | null | undefined;
  /** What stands there while none is chosen. */
  empty: string;
  required?: boolean;
  choose: (id: string) => void;
}) {
  const { rows, total, search, chosen } = props;
  const [typed, setTyped] = useTyped(search.text, search.find);
  const more = total - rows.length;
  // A list that is whole needs no search.
  const many = more > 0 || search.text !== "" || typed !== "";
  const missing = chosen && !rows.some(({ id }) => id === chosen.id);
  return (
    <>
      {many && (
        <label>
          {search.label}
          <input
            type="search"
            value={typed}
            placeholder={search.placeholder}
            autoComplete="off"
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
      )}
      <label>
        {props.label}
        <select
          value={props.value}
          onChange={({ target }) => props.choose(target.value)}
          required={props.required}
        >
          <option value="">
            {total === 0 && many
              ? "Nothing is called so"
              : more > 0
                ? `${props.empty}: the first ${count(rows.length)} of ${count(total)}`
                : props.empty}
          </option>
          {missing && <option value={chosen.id}>{chosen.text}</option>}
          {rows.map((row) => (
            <option key={row.id} value={row.id}>
              {row.text}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
