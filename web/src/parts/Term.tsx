/** Plain words, and behind them what an operator calls it: by pointer, finger or keyboard. */

import { useId, type ReactNode } from "react";
import { t } from "../words";

interface Props {
  children: ReactNode;
  technical: string;
  active?: boolean; // the stop of its row, where it is one of many
}

export function Term({ children, technical, active = true }: Props) {
  const id = useId();
  return (
    <span className="term" tabIndex={active ? 0 : -1} data-stop="" aria-describedby={id}>
      <span>{children}</span>
      <span role="tooltip" id={id}>{t("technical", { words: technical })}</span>
    </span>
  );
}
