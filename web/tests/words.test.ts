import { expect, test } from "vitest";
import { byRole, few, hue, money, percent, role } from "../src/parts/words";
import { fairCost, varietyCost } from "../src/parts/Tune";
import { asked, narrowed, toggled, values } from "../src/state/facets";
import { own } from "../src/parts/Cover";
import { parse } from "../src/state/route";
import { wait } from "../src/state/link";

test("an address is a page and a name, and a name may hold slashes and odd letters", () => {
  expect(parse("/")).toMatchObject({ page: "stream", name: "" });
  expect(parse("/domains/films")).toMatchObject({ page: "stream", name: "films" });
  expect(parse("/items/a%2Fb%20%F0%9F%A6%8A")).toMatchObject({ page: "item", name: "a/b 🦊" });
  expect(parse("/items/100%")).toMatchObject({ page: "item", name: "100%" });
  expect(parse("/search?q=a%26b").query.get("q")).toBe("a&b");
  expect(parse("/operators/cards")).toMatchObject({ page: "operators", name: "cards" });
  expect(parse("/items")).toMatchObject({ page: "missing" });
  expect(parse("/elsewhere")).toMatchObject({ page: "missing" });
});

test("only pictures of our own server are shown", () => {
  expect(own("/pictures/a.jpg")).toBe(true);
  for (const uri of ["//evil/a.jpg", "https://evil/a.jpg", "javascript:alert(1)", "", null]) expect(own(uri)).toBe(false);
});

test("the server is asked ever more seldom, and never stops being asked", () => {
  expect([0, 1, 2, 3, 4, 99].map(wait)).toEqual([1, 2, 4, 8, 15, 15]);
});

test("figures are short", () => {
  expect([percent(0.1234), percent(0.01), few(1234.5), few(0.01183)]).toEqual(["12%", "1.0%", "1235", "0.0118"]);
  expect([percent(0), percent(0.0004), percent(0.0006), percent(-0.31), few(-0.5)]).toEqual(["0%", "under 0.1%", "0.1%", "−31%", "−0.5"]);
  expect(hue("Comedy")).toBe(hue("Comedy"));
  expect(money({ asset_id: "a", domain: "d", title: "t", price: 2, currency: "no such" })).toBe("2.00 no such");
  expect(byRole([{ name: "A", role: "actor" }, { name: "B" }, { name: "C", role: "actor" }])).toEqual([["actor", ["A", "C"]], ["creator", ["B"]]]);
});

test("a cost that is not said is not made up", () => {
  expect(varietyCost(0.5, undefined)).toBe("what it costs is not said");
  expect(varietyCost(null, undefined)).toBe("as it comes");
  const said = { asked: 0.5, similarity_before: 0.5, similarity: 0.4, cost: 0.021 };
  expect(varietyCost(0.5, said)).toBe("gives up 2.1% of relevance, neighbours 20% less alike");
  expect(fairCost(true, { on: true, cost: 0.01, exposure: { small: 0.3, large: 0.7 }, holds: true })).toBe(
    "gives up 1.0% of relevance; small have 30% of the attention",
  );
});

test("who publishes music is a label", () => {
  expect([role("publisher", "music"), role("publisher", "books"), role("era", "music"), role("mayor", "books")]).toEqual(["Label", "Publisher", "Years", "mayor"]);
});

test("what a search is narrowed to is in its address, and one more click takes it back", () => {
  const address = new URLSearchParams("q=a%26b&plain=year%3A0-4&category=Noir&category=Drama&decade=1990s&weather=fair");
  const chosen = narrowed(address);
  expect(chosen).toEqual({ domain: [], category: ["Noir", "Drama"], creator: [], decade: ["1990s"] });
  const next = toggled(toggled(chosen, "category", "Noir"), "decade", "1980s");
  expect(asked("a&b", ["year:0-4"], next)).toBe("q=a%26b&plain=year%3A0-4&category=Drama&decade=1980s");
  expect(narrowed(new URLSearchParams(asked("x", [], next)))).toEqual(next);
  expect(toggled(next, "decade", "1980s").decade).toEqual([]);
});

test("a chosen value that is not counted can still be taken back", () => {
  expect(values({ Drama: 4 }, ["Noir"])).toEqual([["Noir", undefined], ["Drama", 4]]);
  expect(values({ Drama: 4 }, ["Drama"])).toEqual([["Drama", 4]]);
  expect(values({}, ["constructor"])).toEqual([["constructor", undefined]]);
});
