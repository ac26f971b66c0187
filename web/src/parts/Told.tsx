/** What is said where an answer should be: it is slow, it failed, or there is nothing. */

import type { ReactNode } from "react";
import type { Asked } from "../state/ask";
import { named, t } from "../words";

export function Slow({ asked }: { asked: Asked<unknown> }) {
  if (!asked.waiting || !asked.slow) return null;
  return (
    <p className="told" role="status">
      {t("slow")} <button type="button" className="textual" onClick={asked.stop}>{t("callOff")}</button>
    </p>
  );
}

export function Failed({ asked, children }: { asked: Asked<unknown>; children?: ReactNode }) {
  const { error } = asked;
  if (!error || asked.waiting) return null;
  const code = String(error.status);
  const heading = named("failed", code);
  return (
    <div className="told failed" role="alert">
      <h2>{error.code === "cancelled" ? t("calledOff") : heading === code ? t("failed") : heading}</h2>
      <p>{error.message}</p>
      <p className="told-acts">
        <button type="button" className="pill" onClick={asked.again}>{t("again")}</button>
        {children}
      </p>
    </div>
  );
}
