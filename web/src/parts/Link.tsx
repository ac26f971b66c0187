/** An anchor that stays in the page: the address changes, nothing is loaded again. */

import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { go } from "../state/route";

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & { href: string };

export function Link({ onClick, ...rest }: Props) {
  const click = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || !plain) return;
    event.preventDefault();
    go(rest.href);
  };
  return <a {...rest} onClick={click} />;
}
