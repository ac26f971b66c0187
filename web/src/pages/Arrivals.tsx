/** What arrived today, and how something nobody has touched was placed. */

import { api } from "../api/client";
import { has, type Arrival } from "../api/types";
import { Cover } from "../parts/Cover";
import { Link } from "../parts/Link";
import { Failed, Slow } from "../parts/Told";
import { ago, capital, count } from "../parts/words";
import { useAsk } from "../state/ask";
import { to } from "../state/route";
import { saw } from "../state/seen";

export function Arrivals() {
  const listed = has("/v1/assets/arrivals");
  const asked = useAsk(listed ? "arrivals" : "", api.arrivals);
  const arrivals = asked.data;
  if (arrivals) saw(arrivals.map((one) => one.asset));
  return (
    <div className="arrivals" aria-busy={asked.waiting}>
      <header className="opening">
        <h1 tabIndex={-1}>Just in</h1>
        <p className="lately">
          What was put on the shelf in the last day, before anybody touched it. It is placed by what is known of it, until
          people have spoken.
        </p>
      </header>
      <Slow asked={asked} />
      <Failed asked={asked} />
      {!listed && <p className="told">This server does not list what arrived.</p>}
      {arrivals?.length === 0 && (
        <p className="told">Nothing arrived in the last 24 hours. <code>PUT /v1/assets/…</code> puts something on the shelf.</p>
      )}
      {arrivals && arrivals.length > 0 && (
        <>
          <p className="silent" role="status">{count(arrivals.length, "arrival")}</p>
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
        <p className="kicker">{capital(asset.domain)} · {ago(Date.parse(arrival.at), Date.now())}</p>
        <h2><Link href={to.item(asset.asset_id)}>{asset.title}</Link></h2>
        <p>{arrival.known ? "It is in the catalogue." : "It is kept, and waits to be placed."} {arrival.note && `${capital(arrival.note)}.`}</p>
        {neighbours.length > 0 && (
          <p className="examples">
            Stands near {neighbours.map((one, place) => (
              <span key={one.asset_id}>{place > 0 && ", "}<Link href={to.item(one.asset_id)}>{one.title}</Link></span>
            ))}
          </p>
        )}
        {channels.length > 0 && <p className="silent">Found by {channels.join(", ")}</p>}
      </div>
    </li>
  );
}
