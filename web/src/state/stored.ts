/** A choice that is still there tomorrow; without storage it lasts as long as the page. */

import { useCallback, useState } from "react";

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`hermes.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`hermes.${name}`, value);
  } catch {
    // private windows may refuse
  }
}

export function useStored(name: string, first: string): [string, (value: string) => void] {
  const [value, set] = useState(() => recall(name) ?? first);
  const change = useCallback(
    (next: string) => {
      set(next);
      keep(name, next);
    },
    [name],
  );
  return [value, change];
}
