import { afterEach, expect, test } from "vitest";
import { moved, weighty } from "../src/parts/evidence";
import { ago, channel, few, percent, stage } from "../src/parts/words";
import { named, rich, speak, spoken, t } from "../src/words";
import { DE } from "../src/words/de";
import { EN } from "../src/words/en";
import { ES } from "../src/words/es";
import { FR } from "../src/words/fr";

afterEach(() => speak("en"));

const slots = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

test.each([["de", DE], ["fr", FR], ["es", ES]])("%s says all that English says, with the same slots", (_, table) => {
  expect(Object.keys(table)).toEqual(Object.keys(EN));
  for (const [key, english] of Object.entries(EN)) {
    const own = table[key as keyof typeof EN];
    expect(own, key).not.toBe("");
    expect(slots(own), key).toEqual(slots(english));
    expect(own.split("|").length, key).toBe(english.split("|").length);
  }
});

test("the first language that is spoken here is taken", () => {
  expect(spoken([null, "ja", "de-AT", "en"])).toBe("de");
  expect(spoken(["ES_mx"])).toBe("es");
  expect(spoken(["xx", "toString", ""])).toBe("en");
  expect(spoken(["constructor", "de"])).toBe("de");
});

test("one thing is one, many are many, and what fills a slot is never read again", async () => {
  expect([t("items", { n: 1 }), t("items", { n: 2000 })]).toEqual(["1 item", "2,000 items"]);
  expect(t("takeBack", { title: "{title} | {n}" })).toBe("Take back {title} | {n}");
  await speak("fr");
  expect([t("items", { n: 0 }), t("items", { n: 2 })]).toEqual(["0 titre", "2 titres"]);
  expect(rich("readAs", { label: "x" }).filter((part) => typeof part === "string")).toEqual(["Vous lisez comme ", ""]);
});

test("figures are written as the language writes them", async () => {
  await speak("de");
  expect([percent(0.0123), few(0.01183), few(1234.5)]).toEqual(["1,2\u202f%", "0,0118", "1235"]);
  expect([percent(0.31), percent(0.0004), percent(0.0004, "en")]).toEqual(["31\u202f%", "unter 0,1\u202f%", "under 0.1%"]);
  expect(ago(0, 3_600_000)).toBe("vor 1 Stunde");
  for (const tongue of ["fr", "es"] as const) {
    await speak(tongue);
    expect(percent(0.31)).toBe("31\u202f%");
  }
});

test("parts, channels and stages have plain words, and a name nobody knows stays", async () => {
  expect([named("part", "collaborative"), channel("sasrec"), stage("channel.mine")]).toEqual(["what people like you chose", "the order of what you did", "mine"]);
  expect([channel("constructor"), stage("channel.toString")]).toEqual(["constructor", "toString"]);
  await speak("de");
  expect(stage("prerank")).toBe("erstes Sortieren");
  expect(named("part", "weather")).toBe("weather");
});

test("parts too small to see are not drawn, and an effect says where and what for", () => {
  const parts = [{ name: "text", value: 0 }, { name: "facts", value: 0.1 }, { name: "history", value: -2 }];
  expect(weighty(parts).map((part) => part.name)).toEqual(["history", "facts"]);
  expect(moved({ code: "diversity", text: "x", from: 12, to: 0 })).toBe("12 places up, for variety");
  expect(moved({ code: "boost", text: "moved up 3: same series", from: 3, to: 0 })).toBe("moved up 3: same series");
});
