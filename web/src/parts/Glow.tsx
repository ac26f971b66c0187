/** A picture's hues as light behind it: a few pixels of it, drawn large, which costs next to nothing. */

import { useEffect, useRef } from "react";

const WIDE = 9; // pixels
const HIGH = 6;

export function Glow({ uri }: { uri: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const picture = new Image();
    picture.onload = () => {
      const into = canvas.current?.getContext("2d");
      if (!into) return;
      into.imageSmoothingQuality = "high";
      into.drawImage(picture, 0, 0, WIDE, HIGH);
    };
    picture.src = uri;
    return () => {
      picture.onload = null;
    };
  }, [uri]);
  return <canvas ref={canvas} className="glow" width={WIDE} height={HIGH} aria-hidden="true" />;
}
