// The slate of one reader. Whatever comes from the server is put in as text, never as markup.

const at = (id) => document.getElementById(id);
const state = { user: "", domain: "", known: [], like: "" };
const SHAPES = { films: "tall", movies: "tall", movielens: "tall", books: "tall", news: "wide" };

const element = (name, text, type = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  if (type) made.className = type;
  return made;
};

const hue = (text) => {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return (sum * 137) % 360;
};

async function call(path, body) {
  const options = body
    ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
    : {};
  const answer = await fetch(path, options);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail || found.title || `status ${answer.status}`);
  return found;
}

const trouble = (text) => {
  at("trouble").hidden = !text;
  at("trouble").textContent = text;
};

async function show() {
  const domains = state.domain ? [state.domain] : [];
  const variety = Number(at("diversity").value);
  const body = { user: state.user, k: 20, domains, context: { surface: "demo" } };
  if (variety > 0) body.diversity = variety;
  try {
    const slate = state.like
      ? await call(`/v1/recommendations/items/${encodeURIComponent(state.like)}?k=20`)
      : await call("/v1/recommendations", body);
    const lately = state.user ? await past() : null;
    trouble(slate.degraded.map((part) => `${part.stage}: ${part.cause}`).join(" · "));
    introduce(slate, lately);
    at("slate").replaceChildren(...slate.items.map((item) => card(item, slate)));
    timing(slate.milliseconds);
    at("served").textContent =
      `bundle ${slate.bundle} · tier ${slate.tier} · request ${slate.request_id}`;
  } catch (error) {
    trouble(error.message);
  }
}

async function past() {
  const answer = await fetch(`/v1/users/${encodeURIComponent(state.user)}?limit=8`);
  return answer.ok ? answer.json() : null;
}

function introduce(slate, known) {
  const who = at("who");
  who.replaceChildren();
  if (state.like) {
    const back = element("button", "Back to the slate", "quiet");
    back.onclick = () => { state.like = ""; show(); };
    who.append("Like ", element("b", state.likeTitle), " ", back);
  } else if (slate.newcomer) {
    who.append(element("b", state.user || "A stranger"), " is new here: this is what a newcomer sees.");
  } else {
    who.append("For ", element("b", state.user), known ? `, who did ${known.events} things. Lately:` : "");
  }
  const chips = known && !state.like ? known.history : [];
  at("lately").replaceChildren(
    ...chips.map((deed) => element("span", `${deed.kind === "history" ? "" : `${deed.kind} `}${deed.title}`)),
  );
}

function card(item, slate) {
  const made = at("card").content.firstElementChild.cloneNode(true);
  const part = (selector) => made.querySelector(selector);
  const asset = item.asset;
  made.dataset.shape = SHAPES[asset.domain] || "square";
  made.style.setProperty("--hue", hue(item.asset_id));
  part(".domain").textContent = [asset.domain, asset.year].filter(Boolean).join(" · ");
  part("h2").textContent = asset.title;
  part("h2").title = asset.title;
  part(".stand-in").textContent = asset.title;
  part(".by").textContent = [
    (asset.creators || []).map((person) => person.name).slice(0, 2).join(", "),
    (asset.categories || []).slice(0, 3).join(", "),
    asset.price == null ? "" : `${asset.price.toFixed(2)} ${asset.currency || ""}`,
  ].filter(Boolean).join(" · ");
  part(".why").textContent = item.reasons.map((reason) => reason.text).join(" ");
  picture(part("img"), part(".stand-in"), asset.image_uri);
  const facts = [["score", item.score], ["propensity", item.propensity],
    ...Object.entries(item.channels).map(([name, score]) => [`from ${name}`, score])];
  part("dl").replaceChildren(
    ...facts.flatMap(([name, value]) => [element("dt", name), element("dd", number(value))]),
  );
  part(".like").onclick = () => tell(item, slate, "like", made);
  part(".dismiss").onclick = () => tell(item, slate, "dismiss", made);
  part(".similar").onclick = () => {
    Object.assign(state, { like: item.asset_id, likeTitle: asset.title });
    show();
    scrollTo({ top: 0, behavior: "smooth" });
  };
  return made;
}

const number = (value) => (value == null ? "none" : Number(value).toPrecision(4));

function picture(image, instead, source) {
  if (!source || !source.startsWith("/pictures/")) return;
  image.onload = () => { image.hidden = false; instead.hidden = true; instead.textContent = ""; };
  image.src = source;
  image.loading = "eager";
}

async function tell(item, slate, kind, made) {
  if (!state.user) {
    trouble("Choose a reader, or type a new name: what a stranger does cannot be remembered.");
    return;
  }
  try {
    await call("/v1/events", {
      user_id: state.user, asset_id: item.asset_id, kind, occurred_at: new Date().toISOString(),
      request_id: slate.request_id, position: item.position, propensity: item.propensity,
      policy_version: slate.bundle, context: { page: "demo" },
    });
    made.dataset.gone = "";
    await show();
  } catch (error) {
    trouble(error.message);
  }
}

function timing(stages) {
  const parts = Object.entries(stages).filter(([name]) => name !== "total");
  const total = stages.total ?? parts.reduce((sum, [, value]) => sum + value, 0);
  at("total").textContent = `Answered in ${total.toFixed(2)} ms`;
  const colour = (node, index) => {
    node.style.setProperty("--hue", (index * 47 + 255) % 360);
    return node;
  };
  at("bar").replaceChildren(...parts.map(([name, value], index) => {
    const slice = colour(document.createElement("i"), index);
    slice.style.setProperty("--share", value);
    slice.title = `${name} ${value.toFixed(2)} ms`;
    return slice;
  }));
  at("legend").replaceChildren(...parts.map(([name, value], index) =>
    colour(element("li", `${name} ${value.toFixed(2)} ms`), index)));
}

function choose(user) {
  Object.assign(state, { user, like: "" });
  at("user").value = user;
  const here = new URL(location.href);
  here.searchParams.set("user", user);
  history.replaceState(null, "", here);
  show();
}

async function offer(start) {
  const found = await call(`/v1/users?limit=50&start=${encodeURIComponent(start)}`);
  at("users").replaceChildren(...found.map((name) => {
    const option = document.createElement("option");
    option.value = name;
    return option;
  }));
  return found;
}

function domainButtons(names) {
  const every = ["", ...names];
  at("domains").replaceChildren(...(names.length > 1 ? every : []).map((name) => {
    const button = element("button", name || "everything", "quiet");
    button.type = "button";
    button.setAttribute("aria-pressed", String(name === state.domain));
    button.onclick = () => {
      Object.assign(state, { domain: name, like: "" });
      domainButtons(names);
      show();
    };
    return button;
  }));
}

async function start() {
  at("ask").onsubmit = (event) => {
    event.preventDefault();
    choose(at("user").value.trim());
  };
  at("diversity").onchange = () => show();
  at("user").oninput = () => offer(at("user").value.trim()).catch((error) => trouble(error.message));
  at("other").onclick = () => choose(state.known[Math.floor(Math.random() * state.known.length)] || "");
  try {
    const status = await call("/v1/platform/status");
    domainButtons(status.domains);
    state.known = await offer("");
    const asked = new URL(location.href).searchParams.get("user");
    choose(asked ?? state.known[0] ?? "");
  } catch (error) {
    trouble(error.message);
  }
}

start();
