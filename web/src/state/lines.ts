/** How many cards fill whole lines of a wall, so that none stands alone under the others. */

import { useCallback, useLayoutEffect, useState } from "react";

export interface Room {
  width: number; // pixels of a line
  tall: number; // pixels of a card before it is stretched
  gap: number;
}

/** The number nearest to `aim` that ends with a line; `aim` itself where nothing is known of the room. */
export function filling(ratios: readonly number[], room: Room | undefined, aim: number): number {
  if (!room) return aim;
  let [best, along] = [0, 0];
  ratios.forEach((ratio, place) => {
    const wide = ratio * room.tall;
    if (along > 0 && along + room.gap + wide > room.width) {
      if (Math.abs(place - aim) < Math.abs(best - aim)) best = place;
      along = wide;
    } else along += (along > 0 ? room.gap : 0) + wide;
  });
  return best || aim;
}

/** The room of the first wall in an element, followed as it grows and shrinks. */
export function useRoom(): { room: Room | undefined; within: (element: HTMLElement | null) => void } {
  const [element, within] = useState<HTMLElement | null>(null);
  const [room, set] = useState<Room>();
  const measure = useCallback(() => {
    const wall = element?.querySelector<HTMLElement>(".wall");
    const card = wall?.querySelector<HTMLElement>(".card");
    if (!wall || !card) return;
    const width = wall.clientWidth;
    const tall = parseFloat(getComputedStyle(card).flexBasis) / Number(card.style.getPropertyValue("--ratio"));
    const gap = parseFloat(getComputedStyle(wall).columnGap);
    if (!Number.isFinite(width + tall + gap)) return;
    set((was) => (was && was.width === width && was.tall === tall && was.gap === gap ? was : { width, tall, gap }));
  }, [element]);
  useLayoutEffect(() => {
    if (!element) return;
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [element, measure]);
  return { room, within };
}
