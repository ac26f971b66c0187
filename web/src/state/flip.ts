/** What moved, moves: first, last, invert, play; by the compositor, and not for who minds motion. */

import { useLayoutEffect, useRef, type RefObject } from "react";

const EASE = "cubic-bezier(.2, .8, .2, 1)";

interface Place {
  left: number;
  top: number;
  width: number;
}

function places(root: HTMLElement): Map<string, Place> {
  const out = new Map<string, Place>();
  for (const node of root.querySelectorAll<HTMLElement>("[data-flip]")) {
    const box = node.getBoundingClientRect();
    out.set(node.dataset["flip"]!, {
      left: box.left + scrollX, top: box.top + scrollY, width: box.width,
    });
  }
  return out;
}

function play(root: HTMLElement, before: Map<string, Place>, after: Map<string, Place>): void {
  let entered = 0;
  for (const node of root.querySelectorAll<HTMLElement>("[data-flip]")) {
    const name = node.dataset["flip"]!;
    const to = after.get(name)!;
    const from = before.get(name);
    if (!from) {
      const delay = Math.min(entered++, 12) * 18;
      node.animate(
        [{ opacity: 0, transform: "translateY(14px) scale(.96)" }, { opacity: 1, transform: "none" }],
        { duration: 380, delay, easing: EASE, fill: "backwards" },
      );
    } else if (Math.abs(from.left - to.left) + Math.abs(from.top - to.top) > 2) {
      const move = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
      node.animate([{ transform: move }, { transform: "none" }], { duration: 480, easing: EASE });
    }
  }
}

/** Animates children marked `data-flip` from where they stood when `version` was another. */
export function useFlip(version: unknown): RefObject<HTMLDivElement | null> {
  const root = useRef<HTMLDivElement>(null);
  const before = useRef<Map<string, Place>>(undefined);
  useLayoutEffect(() => {
    if (!root.current) return;
    const after = places(root.current);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (before.current && !still) play(root.current, before.current, after);
    before.current = after;
  }, [version]);
  return root;
}
