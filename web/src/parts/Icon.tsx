/** Line drawings on a 24 by 24 grid; what they mean is said by the control around them. */

const PATHS = {
  search: "M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13Zm4.8-1.7L20 20",
  heart: "M12 20s-7.5-4.6-7.5-10.2A4.3 4.3 0 0 1 12 7.4a4.3 4.3 0 0 1 7.5 2.4C19.5 15.4 12 20 12 20Z",
  close: "M6 6l12 12M18 6 6 18",
  why: "M9.2 9.3a2.9 2.9 0 1 1 4.3 2.6c-1 .6-1.5 1.1-1.5 2.3M12 17.6v.1M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18Z",
  person: "M12 12a4 4 0 1 1 0-8 4 4 0 0 1 0 8Zm-7.5 8c.6-3.6 3.7-5.5 7.5-5.5s6.9 1.9 7.5 5.5",
  talk: "M4 12c0-4 3.6-7 8-7s8 3 8 7-3.6 7-8 7c-1.1 0-2.2-.2-3.2-.5L4.5 20l1.2-3.7C4.6 15.1 4 13.6 4 12Z",
  plus: "M12 5v14M5 12h14",
  check: "m5 12.5 4.5 4.5L19 7.5",
  back: "M14.5 6 8.5 12l6 6",
  forth: "m9.5 6 6 6-6 6",
  undo: "M8 5 4 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11h-3",
  send: "M5 12h13M12.5 6.5 18.5 12l-6 5.5",
  less: "M12 4 21 19.5H3ZM12 10v4.5M12 17v.1",
  fails: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18ZM9 9l6 6M15 9l-6 6",
  well: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18ZM8 12.3l2.8 2.8L16 9.6",
  save: "M7 4.5h10V20l-5-3.8L7 20Z",
} as const;

export type Name = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: Name; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Wing() {
  return (
    <svg className="wing" viewBox="0 0 26 24" width="26" height="24" aria-hidden="true">
      <path d="M1 3.5c8 .2 14.5-.6 24-3.5-2.3 7-7.5 10.5-13.3 11.4 3.5.3 6.3-.2 9.2-1.5-2.5 4.6-6.4 6.7-11.2 7 2 .6 3.7.6 5.8.2C12.1 21.7 8 24 3.9 23.9 6.2 17 5 8.6 1 3.5Z" />
    </svg>
  );
}
