/** What can be done about one thing, behind one button, as WAI-ARIA describes a menu button: the arrows, Home, End and
 * first letters choose, Escape goes back to the button, Tab and a click elsewhere leave it. */

import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";

/** One thing to do. */
export interface Item {
  name: string;
  danger?: boolean;
  act: () => void;
}

/** The button with its menu; nothing where there is nothing to do. */
export function Menu(props: { button: string; label: string; items: Item[] }) {
  const { items } = props;
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useId();
  useEffect(() => {
    if (!open) return;
    const leave = (event: Event) => {
      if (!place.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, [open]);
  const all = () => [...(place.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  const first = useRef(0);
  const show = (which: number) => {
    first.current = which;
    setOpen(true);
  };
  // The focus is in the menu before the next key is pressed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows the opening alone
  useLayoutEffect(() => {
    if (open) all().at(first.current)?.focus();
  }, [open]);
  const choose = (item: Item) => {
    setOpen(false);
    // A dialog that opens now gives the focus back to where it was: to the button.
    button.current?.focus();
    item.act();
  };
  const pressed = (event: KeyboardEvent) => {
    const at = all().indexOf(document.activeElement as HTMLElement);
    if (event.key === "Tab") return setOpen(false);
    if (event.key === "Escape") {
      setOpen(false);
      button.current?.focus();
    } else if (!move(event, at, all())) return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (items.length === 0) return null;
  return (
    <div className="more" ref={place}>
      <button
        type="button"
        className="small"
        ref={button}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? list : undefined}
        aria-label={props.label}
        onClick={() => (open ? setOpen(false) : show(0))}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          show(event.key === "ArrowDown" ? 0 : -1);
        }}
      >
        {props.button}
        <span aria-hidden="true">▾</span>
      </button>
      {open && (
        <div role="menu" id={list} aria-label={props.label} tabIndex={-1} onKeyDown={pressed}>
          {items.map((item) => (
            <button
              type="button"
              role="menuitem"
              tabIndex={-1}
              key={item.name}
              className={item.danger ? "dangerous" : undefined}
              onClick={() => choose(item)}
            >
              {item.name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** Moves the focus as a key says; whether it says so. */
function move({ key }: KeyboardEvent, at: number, items: HTMLElement[]): boolean {
  const last = items.length - 1;
  const to = (which: number) => {
    items[which]?.focus();
    return true;
  };
  if (key === "ArrowDown") return to(at === last ? 0 : at + 1);
  if (key === "ArrowUp") return to(at <= 0 ? last : at - 1);
  if (key === "Home") return to(0);
  if (key === "End") return to(last);
  if (key.length !== 1 || key === " ") return false;
  const rotated = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  const found = rotated.find((one) => one.textContent?.toLowerCase().startsWith(key.toLowerCase()));
  return found ? to(items.indexOf(found)) : false;
}
