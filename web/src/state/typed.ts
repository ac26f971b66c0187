/** A text that has not changed for a moment. */

import { useEffect, useState } from "react";

export function useRested(text: string, milliseconds: number): string {
  const [rested, set] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => set(text), milliseconds);
    return () => clearTimeout(timer);
  }, [text, milliseconds]);
  return rested;
}
