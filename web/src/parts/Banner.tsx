/** Says that the server is away, and that the page goes on asking. */

import { useEffect, useRef, useState } from "react";
import { link, useLink, wait } from "../state/link";
import { t } from "../words";

const SHOWN = 2500; // milliseconds

export function Banner() {
  const { away, tries, epoch } = useLink();
  const [back, setBack] = useState(false);
  const seen = useRef(epoch);
  useEffect(() => {
    if (seen.current === epoch) return;
    seen.current = epoch;
    setBack(true);
    const timer = setTimeout(() => setBack(false), SHOWN);
    return () => clearTimeout(timer);
  }, [epoch]);
  const seconds = wait(tries);
  return (
    <div className="banner" role="status" data-open={away || back || undefined} data-back={!away || undefined}>
      {away && (
        <p>
          {t("away", { seconds })}{" "}
          <button type="button" className="textual" onClick={link.now}>{t("tryNow")}</button>
        </p>
      )}
      {!away && back && <p>{t("back")}</p>}
    </div>
  );
}
