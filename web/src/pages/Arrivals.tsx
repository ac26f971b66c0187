/** What arrived today, and how something nobody has touched was placed. */

import { useState } from "react";
import { api } from "../api/client";
import { has, type Arrival } from "../api/types";
import { Cover } from "../parts/Cover";
import { Link } from "../parts/Link";
import { Failed, Slow } from "../parts/Told";
import { Term } from "../parts/Term";
import { ago, channel, domain } from "../parts/words";
import { useAsk } from "../state/ask";
import { to } from "../state/route";
import { saw } from "../state/seen";
import { rich, t } from "../words";

export function Arrivals() {
  const listed = has("/v1/assets/arrivals");
  const [opened] = useState(Date.now); // asked anew whenever the page is opened
  const asked = useAsk(listed ? `arrivals ${opened}` : "", api.arrivals);
  const arrivals = asked.data;
  if (arrivals) saw(arrivals.map((one) => one.asset));
  return (
    <div className="arrivals" aria-busy={asked.waiting}>
      <header className="opening">
        <h1 tabIndex={-1}>{t("justIn")}</h1>
        <p className="lately">{t("arrivals")}</p>
      </header>
      <Slow asked={asked} />
      <Failed asked={asked} />
      {!listed && <p className="told">{t("noList")}</p>}
      {arrivals?.length === 0 && (
        <p className="told">{rich("noArrivals", { home: <Link href="/">{t("yourStream")}</Link> })}</p>
      )}
      {arrivals && arrivals.length > 0 && (
        <>
          <p className="silent" role="status">{t("arrived", { n: arrivals.length })}</p>
          <ul className="arrived">{arrivals.map((one) => <Placed key={one.asset.asset_id} arrival={one} />)}</ul>
        </>
      )}
    </div>
  );
}

function Placed({ arrival }: { arrival: Arrival }) {
  const { asset, neighbours, channels } = arrival;
  return (
    <li className="arrival" data-domain={asset.domain}>
      <Link href={to.item(asset.asset_id)} className="arrival-cover" tabIndex={-1} aria-hidden="true"><Cover asset={asset} /></Link>
      <div>
        <p className="kicker">{domain(asset.domain)} · {ago(Date.parse(arrival.at), Date.now())}</p>
        <h2><Link href={to.item(asset.asset_id)}>{asset.title}</Link></h2>
        <p><Term technical={arrival.note}>{t(arrival.known ? "inCatalogue" : "waits")}</Term></p>
        {neighbours.length > 0 && (
          <p className="examples">
            {rich("near", { titles: neighbours.map((one, place) => (
              <span key={one.asset_id}>{place > 0 && ", "}<Link href={to.item(one.asset_id)}>{one.title}</Link></span>
            )) })}
          </p>
        )}
        {channels.length > 0 && <p className="silent">{t("foundBy", { channels: channels.map(channel).join(", ") })}</p>}
      </div>
    </li>
  );
}
